//! Arguments of `heapgraph suspects`.

use clap::Args;

use super::{OutputArgs, SinceArg, SnapshotArg};

#[derive(Debug, Args)]
pub struct SuspectsArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// Smallest share of the heap that a suspect retains, in percent; known shapes of leaks count from a twentieth of it on
    #[arg(long, default_value = "10", value_name = "PERCENT", value_parser = share)]
    pub share: f64,
    /// How many types, containers and examples of each suspect are told; 0 for all
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `10` or `10%` as 0.1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| "expected a percentage from 0 to 100".to_owned())
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_percentages() {
        assert_eq!((share("10"), share(" 2.5 %")), (Ok(0.1), Ok(0.025)));
        for wrong in ["", "%", "-1", "101", "nan", "inf", "a"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}

//! `heapgraph draw`: a graph that a command has written as JSON, drawn after somebody has changed it.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;

use crate::app::arguments::{ColorArg, OutputArgs, PictureArgs};
use crate::app::exit_code::UsageError;
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, input};
use crate::render::SCHEMA_VERSION;
use crate::report::diagram::Diagram;

#[derive(Debug, Args)]
pub struct DrawArgs {
    /// The graph, as `-o FILE.json` of a command that draws writes it; - is standard input
    #[arg(value_name = "GRAPH")]
    pub graph: PathBuf,
    /// Draw into this file: .svg, .png, .dot, .mmd or .json
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// No notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
}

/// The JSON form of a picture.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u32,
    #[serde(flatten)]
    diagram: Diagram,
}

pub fn run(args: &DrawArgs) -> anyhow::Result<ExitCode> {
    let output =
        OutputArgs { format: None, output: Some(args.output.clone()), color: ColorArg::Auto, quiet: args.quiet };
    let Destination::Picture(format) = output::destination(&output)? else {
        return Err(UsageError("-o: expected a name that ends with .svg, .png, .dot, .mmd or .json".to_owned()).into());
    };
    let name = input::name(&args.graph);
    let diagram = parse(&input::bytes(&args.graph)?).with_context(|| name)?;
    output::write_picture(&diagram, format, &args.picture, &output)?;
    if args.picture.open {
        output::open(&output)?;
    }
    Ok(ExitCode::Ok)
}

fn parse(bytes: &[u8]) -> anyhow::Result<Diagram> {
    let Versioned { schema_version, diagram } = serde_json::from_slice(bytes)
        .context("is no graph to draw: expected what `heapgraph backrefs --id X -o FILE.json` writes")?;
    if schema_version > SCHEMA_VERSION {
        bail!("has schema_version {schema_version}; this heapgraph knows {SCHEMA_VERSION}: use a newer one");
    }
    for (number, arrow) in diagram.arrows.iter().enumerate() {
        if let Some(end) = [arrow.from, arrow.to].into_iter().find(|end| *end >= diagram.boxes.len()) {
            bail!("arrow {number} ends at box {end}; there are {} boxes, counted from 0", diagram.boxes.len());
        }
    }
    Ok(diagram)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_left_out_is() {
        let diagram =
            parse(br#"{"schema_version": 1, "boxes": [{"heading": "list"}], "arrows": [{"from": 0, "to": 0}]}"#);
        assert_eq!(diagram.unwrap().boxes[0].heading, "list");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let says = |text: &str| format!("{:#}", parse(text.as_bytes()).unwrap_err());
        assert!(says("[1]").starts_with("is no graph to draw"));
        assert!(says(r#"{"schema_version": 9, "boxes": [], "arrows": []}"#).contains("schema_version 9"));
        let loose = r#"{"schema_version": 1, "boxes": [{"heading": "list"}], "arrows": [{"from": 0, "to": 1}]}"#;
        assert_eq!(says(loose), "arrow 0 ends at box 1; there are 1 boxes, counted from 0");
    }
}

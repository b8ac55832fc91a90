//! Which groups grew by more than a build allows.

use crate::graph::TypePattern;

use super::diff::{Diff, GroupGrowth};

/// How much growth is allowed; what is `None` is not limited.
#[derive(Debug, Clone, Default)]
pub struct GrowthLimit {
    /// Objects that each group may have more.
    pub objects: Option<u64>,
    /// Bytes of shallow size that each group may have more.
    pub shallow_bytes: Option<u64>,
    /// The groups that are limited, by name; all when empty.
    pub of: Vec<TypePattern>,
}

impl GrowthLimit {
    /// Whether anything is limited.
    pub fn is_set(&self) -> bool {
        self.objects.is_some() || self.shallow_bytes.is_some()
    }

    /// The patterns that fit none of these names: they limit nothing. Linear in both.
    pub fn unused<'n>(&self, names: impl Iterator<Item = &'n String> + Clone) -> Vec<&TypePattern> {
        self.of.iter().filter(|pattern| !names.clone().any(|name| pattern.matches(name))).collect()
    }

    /// The groups that grew by more than this, in the order of `diff`. Linear in the groups that changed.
    pub fn exceeded_by<'g>(&self, diff: &'g Diff) -> Vec<&'g GroupGrowth> {
        let is_beyond = |grown: i128, limit: Option<u64>| limit.is_some_and(|limit| grown > i128::from(limit));
        let is_limited = |name: &str| self.of.is_empty() || self.of.iter().any(|pattern| pattern.matches(name));
        let groups = diff.changed.iter().filter(|group| {
            is_beyond(group.count_growth(), self.objects) || is_beyond(group.shallow_bytes_growth(), self.shallow_bytes)
        });
        groups.filter(|group| is_limited(&group.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::diff::DiffOrder;
    use crate::analysis::diff::tests::counts;

    #[test]
    fn growth_up_to_the_limit_is_allowed() {
        let before = counts(&[("app.User", 48), ("list", 56), ("dict", 64)]);
        let after = counts(&[("app.User", 48), ("app.User", 48), ("list", 456), ("app.New", 16)]);
        let growth = Diff::between(&[before, after], DiffOrder::Name);
        let exceeded = |objects, shallow_bytes, of: &[&str]| -> Vec<String> {
            let of = of.iter().map(|text| TypePattern::new(text).unwrap()).collect();
            let limit = GrowthLimit { objects, shallow_bytes, of };
            limit.exceeded_by(&growth).into_iter().map(|group| group.name.clone()).collect()
        };
        assert_eq!(exceeded(Some(0), None, &[]), ["app.New", "app.User"]);
        assert!(exceeded(Some(1), None, &[]).is_empty());
        assert_eq!(exceeded(None, Some(399), &[]), ["list"]);
        assert!(exceeded(None, Some(400), &[]).is_empty());
        assert_eq!(exceeded(Some(0), Some(0), &["app.U*", "dict"]), ["app.User"]);
        assert!(exceeded(None, None, &[]).is_empty());
    }
}

//! Which places grew between snapshots: each growth told once, at the place that tells most.
//!
//! The trees of the snapshots are joined step by step. From the top, a growth is followed down as long as it is that of single
//! objects; it is told where a *number* grew: at the container that has more entries, else where there are more objects,
//! else where single objects became larger. A place above that grew only by these is not told again.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::analysis::common::Tally;
use crate::analysis::step::Step;

use super::{Element, Place, PlaceTree};

/// What is at a place in one snapshot; all zero where it is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Objects at the place itself.
    pub own: Tally,
    /// And at all places below.
    pub whole: Tally,
    /// Containers at the place itself.
    pub containers: u64,
    /// What they hold.
    pub elements: u64,
}

impl Numbers {
    fn of(place: &Place) -> Numbers {
        let Place { own, whole, contents, .. } = place;
        Numbers { own: *own, whole: *whole, containers: contents.containers, elements: contents.elements }
    }
}

/// What tells the growth of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grew {
    /// Its containers have more elements.
    Elements {
        /// What an element is called.
        kind: Element,
        /// Full name of the type of most of them; `None` when there are several or it is unknown.
        of: Option<String>,
    },
    /// There are more objects at the place.
    Objects {
        /// Full name of the type of most of them.
        of: Option<String>,
    },
    /// The objects at the place became larger.
    Bytes {
        /// Full name of the type of most of them.
        of: Option<String>,
    },
}

/// How a number went over three or more snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trend {
    /// It rose at every step.
    EachTime,
    /// It rose, and no longer at the end: a cache that is warm, a backlog.
    Stopped,
    /// It went up and down, or rose late, and is higher at the end.
    Unsteady,
}

/// A place that grew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrownPlace {
    /// The steps of its way.
    pub way: Vec<Step>,
    /// What grew.
    pub grew: Grew,
    /// What is there in each snapshot, in the order given.
    pub numbers: Vec<Numbers>,
    /// How it went.
    pub trend: Trend,
    /// The place in the last tree; `None` when it is not there.
    pub last: Option<u32>,
}

impl GrownPlace {
    /// In the first snapshot.
    pub fn first(&self) -> Numbers {
        self.numbers.first().copied().unwrap_or_default()
    }

    /// In the last snapshot.
    pub fn last(&self) -> Numbers {
        self.numbers.last().copied().unwrap_or_default()
    }

    /// The number that tells the growth, in each snapshot: elements, objects, or bytes.
    pub fn telling(&self) -> impl Iterator<Item = u64> + '_ {
        self.numbers.iter().map(|numbers| match self.grew {
            Grew::Elements { .. } => numbers.elements,
            Grew::Objects { .. } => numbers.own.count,
            Grew::Bytes { .. } => numbers.own.shallow_bytes,
        })
    }

    /// Bytes more in the last snapshot than in the first, those below included unless only its own objects are told.
    pub fn bytes_growth(&self) -> i128 {
        let bytes = |numbers: Numbers| match self.grew {
            Grew::Bytes { .. } => i128::from(numbers.own.shallow_bytes),
            _ => i128::from(numbers.whole.shallow_bytes),
        };
        bytes(self.last()) - bytes(self.first())
    }
}

/// What is told of growth.
#[derive(Debug, Clone, Copy)]
pub struct GrowthOptions {
    /// Bytes that a place must have more.
    pub least_bytes: u64,
    /// Elements more with which a container is told even so.
    pub least_elements: u64,
}

/// The places that grew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceGrowth {
    /// Those that grew each time first, then those that stopped, then the others; each most bytes first.
    pub grown: Vec<GrownPlace>,
    /// Bytes more in the whole heap, less those of `grown`: growth that was too small to be told, less what shrank.
    pub rest_bytes: i128,
}

/// An element more does not tell a growth that so many elements further down tell.
const FEW_ELEMENTS: u64 = 10;
/// A growth is by number when each element is, on the average, not larger than so many times what it was.
const LARGER: u128 = 2;
/// A step with less than this share, one in so many, of the whole growth is none.
const FLAT: i128 = 20;

impl PlaceGrowth {
    /// Compares the places of two or more snapshots, in the order of time. Near-linear in the places of all.
    ///
    /// ```
    /// use heapgraph::analysis::places::PlaceTree;
    /// use heapgraph::analysis::places::growth::{GrowthOptions, PlaceGrowth};
    ///
    /// let nothing = PlaceTree::default();
    /// let options = GrowthOptions { least_bytes: 1, least_elements: 1 };
    /// assert!(PlaceGrowth::between(&[&nothing, &nothing], options).grown.is_empty());
    /// ```
    pub fn between(trees: &[&PlaceTree], options: GrowthOptions) -> PlaceGrowth {
        let joined = Joined::of(trees);
        let mut grown: Vec<GrownPlace> = Vec::new();
        let mut told = vec![false; joined.above.len()];
        let tells = joined.tells_below(options);
        // A place comes after the one above it.
        for at in 0..joined.above.len() as u32 {
            if joined.above[at as usize].is_some_and(|above| told[above as usize]) {
                told[at as usize] = true;
                continue;
            }
            if let Some(grew) = joined.grew(at, &tells, options) {
                told[at as usize] = !matches!(grew, Grew::Bytes { .. });
                grown.push(joined.row(at, grew));
            }
        }
        let whole = |tree: Option<&&PlaceTree>| tree.map_or(0, |tree| i128::from(tree.whole.shallow_bytes));
        let all = whole(trees.last()) - whole(trees.first());
        let rest_bytes = all - grown.iter().map(GrownPlace::bytes_growth).sum::<i128>();
        grown.sort_by_cached_key(|row| {
            let elements = Reverse(row.last().elements.saturating_sub(row.first().elements));
            (row.trend, Reverse(row.bytes_growth()), elements, row.way.clone())
        });
        PlaceGrowth { grown, rest_bytes }
    }
}

/// Several trees as one, with the numbers of each.
struct Joined<'t> {
    trees: &'t [&'t PlaceTree],
    above: Vec<Option<u32>>,
    step: Vec<&'t Step>,
    /// As many per place as there are trees.
    numbers: Vec<Numbers>,
    /// Per place, where it is in the last tree that has it, and in which.
    latest: Vec<(u32, u32)>,
    /// Bytes at the elements of containers, in the first and in the last tree.
    below: Vec<(u64, u64)>,
}

impl<'t> Joined<'t> {
    fn of(trees: &'t [&'t PlaceTree]) -> Self {
        let count = trees.len();
        let mut joined = Joined {
            trees,
            above: Vec::new(),
            step: Vec::new(),
            numbers: Vec::new(),
            latest: Vec::new(),
            below: Vec::new(),
        };
        let mut by_way: HashMap<(Option<u32>, &Step), u32> = HashMap::new();
        for (tree, number) in trees.iter().zip(0..) {
            let mut into: Vec<u32> = Vec::with_capacity(tree.places.len());
            for (place, index) in tree.places.iter().zip(0..) {
                let above = place.above.map(|above| into[above as usize]);
                let new = joined.above.len() as u32;
                let at = *by_way.entry((above, &place.step)).or_insert(new);
                if at == new {
                    joined.above.push(above);
                    joined.step.push(&place.step);
                    joined.numbers.extend(std::iter::repeat_n(Numbers::default(), count));
                    joined.latest.push((0, 0));
                    joined.below.push((0, 0));
                }
                joined.numbers[at as usize * count + number as usize] = Numbers::of(place);
                joined.latest[at as usize] = (number, index);
                into.push(at);
            }
        }
        for at in 0..joined.above.len() {
            if let Some(above) = joined.above[at].filter(|_| joined.step[at].is_element()) {
                let (first, last) = (joined.first(at as u32).whole, joined.last(at as u32).whole);
                let below = &mut joined.below[above as usize];
                below.0 = below.0.saturating_add(first.shallow_bytes);
                below.1 = below.1.saturating_add(last.shallow_bytes);
            }
        }
        joined
    }

    fn of_place(&self, at: u32) -> &[Numbers] {
        let count = self.trees.len();
        &self.numbers[at as usize * count..(at as usize + 1) * count]
    }

    fn first(&self, at: u32) -> Numbers {
        self.of_place(at).first().copied().unwrap_or_default()
    }

    fn last(&self, at: u32) -> Numbers {
        self.of_place(at).last().copied().unwrap_or_default()
    }

    /// Per place, whether a container below it has at least [`FEW_ELEMENTS`] more, not merely by being more containers.
    fn tells_below(&self, options: GrowthOptions) -> Vec<bool> {
        let mut tells = vec![false; self.above.len()];
        for at in (0..self.above.len()).rev() {
            let gained = self.gained(at as u32) && self.grown_bytes(at as u32) >= i128::from(options.least_bytes);
            if let Some(above) = self.above[at] {
                tells[above as usize] |= tells[at] || gained;
            }
        }
        tells
    }

    fn grown_bytes(&self, at: u32) -> i128 {
        i128::from(self.last(at).whole.shallow_bytes) - i128::from(self.first(at).whole.shallow_bytes)
    }

    /// Whether the containers at a place have many elements more, each of them.
    fn gained(&self, at: u32) -> bool {
        let (first, last) = (self.first(at), self.last(at));
        last.elements >= first.elements.saturating_add(FEW_ELEMENTS) && more_each(first, last)
    }

    /// How a place is told to have grown; `None` when it didn't, or places below tell it.
    fn grew(&self, at: u32, tells_below: &[bool], options: GrowthOptions) -> Option<Grew> {
        let (first, last) = (self.first(at), self.last(at));
        let (number, index) = self.latest[at as usize];
        let tree = self.trees[number as usize];
        let place = &tree.places[index as usize];
        let named = |most: Option<(u32, u64)>, all: u64| {
            let (of, count) = most?;
            (count.saturating_mul(2) > all).then(|| tree.types[of as usize].clone())
        };
        // Most objects at a module or an instance may be its names: they tell nothing.
        let is_telling = |&(of, _): &(u32, u64)| place.step.is_element() || of == place.first;
        let kind = || named(place.kind.filter(is_telling), place.own.count);
        let more = last.elements.saturating_sub(first.elements);
        let elements =
            || Grew::Elements { kind: place.contents.kind, of: named(place.contents.most, place.contents.elements) };
        if self.grown_bytes(at) < i128::from(options.least_bytes) {
            let is_told = more >= options.least_elements && more >= first.elements / 10 && more_each(first, last);
            return is_told.then(elements);
        }
        if more > 0 && more_each(first, last) && self.is_by_number(at) {
            let is_told_below = more < FEW_ELEMENTS && tells_below[at as usize];
            return (!is_told_below).then(elements);
        }
        let objects = last.own.count.saturating_sub(first.own.count);
        if objects > 0 && self.is_of_more_objects(at) && (objects >= FEW_ELEMENTS || !tells_below[at as usize]) {
            return Some(Grew::Objects { of: kind() });
        }
        let own = i128::from(last.own.shallow_bytes) - i128::from(first.own.shallow_bytes);
        (own >= i128::from(options.least_bytes)).then(|| Grew::Bytes { of: kind() })
    }

    /// Whether more elements explain the growth, rather than larger ones.
    fn is_by_number(&self, at: u32) -> bool {
        let (first, last) = (self.first(at), self.last(at));
        let (before, after) = self.below[at as usize];
        // after / last.elements <= LARGER × before / first.elements, without fractions; what little there was tells nothing.
        before == 0
            || u128::from(after) * u128::from(first.elements) <= LARGER * u128::from(before) * u128::from(last.elements)
    }

    /// The same for objects at the place itself.
    fn is_of_more_objects(&self, at: u32) -> bool {
        let (first, last) = (self.first(at), self.last(at));
        u128::from(last.whole.shallow_bytes) * u128::from(first.own.count)
            <= (u128::from(first.whole.shallow_bytes) * u128::from(last.own.count)).saturating_mul(LARGER)
    }

    fn row(&self, at: u32, grew: Grew) -> GrownPlace {
        let mut way = Vec::new();
        let mut next = Some(at);
        while let Some(place) = next {
            way.push(self.step[place as usize].clone());
            next = self.above[place as usize];
        }
        way.reverse();
        let (number, index) = self.latest[at as usize];
        let mut row = GrownPlace {
            way,
            grew,
            numbers: self.of_place(at).to_vec(),
            trend: Trend::EachTime,
            last: (number as usize + 1 == self.trees.len()).then_some(index),
        };
        row.trend = Trend::of(&row.telling().collect::<Vec<u64>>());
        row
    }
}

/// What an earlier heap had at each place of a later one, by the same way; `None` where it had no such place. Linear in the
/// places of both.
///
/// ```
/// use heapgraph::analysis::places::PlaceTree;
/// use heapgraph::analysis::places::growth::same_places;
///
/// assert!(same_places(&PlaceTree::default(), &PlaceTree::default()).is_empty());
/// ```
pub fn same_places(earlier: &PlaceTree, later: &PlaceTree) -> Vec<Option<Tally>> {
    let known: HashMap<(Option<u32>, &Step), u32> =
        earlier.places.iter().zip(0..).map(|(place, index)| ((place.above, &place.step), index)).collect();
    // A place comes after the one above it.
    let mut same: Vec<Option<u32>> = Vec::with_capacity(later.places.len());
    for place in &later.places {
        let above = match place.above {
            None => Some(None),
            Some(above) => same[above as usize].map(Some),
        };
        same.push(above.and_then(|above| known.get(&(above, &place.step)).copied()));
    }
    same.into_iter().map(|index| index.map(|index| earlier.places[index as usize].whole)).collect()
}

/// Whether each container has more elements, on the average.
fn more_each(first: Numbers, last: Numbers) -> bool {
    u128::from(last.elements) * u128::from(first.containers) > u128::from(first.elements) * u128::from(last.containers)
        || first.containers == 0
}

impl Trend {
    /// How a series went that is higher at its end than at its beginning. Linear.
    pub fn of(series: &[u64]) -> Trend {
        let steps: Vec<i128> = series.windows(2).map(|pair| i128::from(pair[1]) - i128::from(pair[0])).collect();
        let whole: i128 = steps.iter().sum();
        let is_flat = |step: i128| step * FLAT < whole;
        if steps.iter().all(|&step| !is_flat(step)) {
            return Trend::EachTime;
        }
        // Up, and then level to the end.
        let risen = steps.iter().take_while(|&&step| !is_flat(step)).count();
        let is_level = steps[risen..].iter().all(|&step| is_flat(step) && step * FLAT > -whole);
        if risen > 0 && is_level { Trend::Stopped } else { Trend::Unsteady }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::gc_roots::GcRoots;
    use crate::graph::Sketch;
    use crate::snapshot::Segment;

    /// A module with a dictionary of users, each of whom has a list of so many notes, and a name of its own.
    fn heap(users: usize, notes: usize) -> PlaceTree {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 8).object("names", "dict", 64).object("USERS", "dict", 64 + 8 * users as u64);
        sketch.object("key", "str", 50).text("key", "USERS").refer("app", ".__dict__", "names").module_root("app");
        sketch.elements("names", Segment::Mapping).refer("names", "", "key").refer("names", "", "USERS");
        sketch.elements("USERS", Segment::Mapping);
        for user in 0..users {
            let name = |what: &str| format!("{what}{user}");
            sketch.object(&name("u"), "app.User", 100).object(&name("k"), "int", 30).object(&name("n"), "list", 60);
            sketch.refer("USERS", "", &name("k")).refer("USERS", "", &name("u")).refer(
                &name("u"),
                ".notes",
                &name("n"),
            );
            sketch.elements(&name("n"), Segment::Sequence);
            for note in 0..notes {
                let note = format!("{user}.{note}");
                sketch.object(&note, "app.Note", 50).refer(&name("n"), "", &note);
            }
        }
        let heap = sketch.build();
        PlaceTree::of(&heap.graph, &GcRoots::of(&heap.graph))
    }

    fn grown(trees: &[PlaceTree]) -> Vec<(usize, &'static str, Trend)> {
        let trees: Vec<&PlaceTree> = trees.iter().collect();
        let growth = PlaceGrowth::between(&trees, GrowthOptions { least_bytes: 100, least_elements: 1000 });
        let words = |grew: &Grew| match grew {
            Grew::Elements { .. } => "elements",
            Grew::Objects { .. } => "objects",
            Grew::Bytes { .. } => "bytes",
        };
        growth.grown.iter().map(|row| (row.way.len(), words(&row.grew), row.trend)).collect()
    }

    #[test]
    fn a_growth_is_told_once_where_a_number_grew() {
        use Trend::*;
        assert_eq!(grown(&[heap(5, 3), heap(5, 3)]), []);
        // More users: at the dictionary, and not again for their lists.
        assert_eq!(grown(&[heap(5, 3), heap(50, 3)]), [(2, "elements", EachTime)]);
        // The same users with longer lists: at the lists.
        assert_eq!(grown(&[heap(5, 3), heap(5, 300)]), [(4, "elements", EachTime)]);
        // One user more is not what tells that all lists became longer.
        assert_eq!(grown(&[heap(5, 3), heap(6, 300)])[0], (4, "elements", EachTime));
        assert_eq!(grown(&[heap(0, 3), heap(50, 3), heap(50, 3)]), [(2, "elements", Stopped)]);
    }

    #[test]
    fn what_is_told_and_the_rest_are_the_growth_of_the_heap() {
        let (before, after) = (heap(5, 3), heap(60, 9));
        let growth = PlaceGrowth::between(&[&before, &after], GrowthOptions { least_bytes: 100, least_elements: 1000 });
        let told: i128 = growth.grown.iter().map(GrownPlace::bytes_growth).sum();
        let all = i128::from(after.whole.shallow_bytes) - i128::from(before.whole.shallow_bytes);
        assert_eq!(told + growth.rest_bytes, all);
        assert!(told > 0 && told <= all);
    }

    #[test]
    fn a_place_is_found_again_by_its_way() {
        let (before, after) = (heap(5, 0), heap(7, 3));
        let same = same_places(&before, &after);
        let users = after.tops[0] as usize;
        assert_eq!(same[users], Some(before.whole));
        let notes = after.places.iter().position(|place| place.own.count == 21).unwrap();
        assert_eq!(same[notes], None, "the lists were empty");
    }

    #[test]
    fn a_series_grows_each_time_or_stops_or_goes_up_and_down() {
        assert_eq!(Trend::of(&[1, 2, 3, 4]), Trend::EachTime);
        assert_eq!(Trend::of(&[0, 500]), Trend::EachTime);
        assert_eq!(Trend::of(&[0, 500, 500]), Trend::Stopped);
        assert_eq!(Trend::of(&[0, 500, 495, 501]), Trend::Stopped);
        assert_eq!(Trend::of(&[100, 900, 100, 500]), Trend::Unsteady);
        assert_eq!(Trend::of(&[500, 500, 900]), Trend::Unsteady);
    }
}

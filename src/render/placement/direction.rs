//! Pictures whose arrows run another way than down: engines place the same diagram in a mirror.

use super::{Placed, Point, Rect, Size, SizedDiagram, Step};

/// Where most arrows point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Referrers above their referents.
    #[default]
    Down,
    /// Referrers below.
    Up,
    /// Referrers on the left.
    Right,
    /// Referrers on the right.
    Left,
}

impl Direction {
    /// What Graphviz and Mermaid call it.
    pub fn code(self) -> &'static str {
        match self {
            Direction::Down => "TB",
            Direction::Up => "BT",
            Direction::Right => "LR",
            Direction::Left => "RL",
        }
    }

    fn is_sideways(self) -> bool {
        matches!(self, Direction::Right | Direction::Left)
    }

    /// Places a diagram with an engine that knows only rows from top to bottom.
    pub fn place(self, diagram: &SizedDiagram, engine: impl FnOnce(&SizedDiagram) -> Placed) -> Placed {
        if self == Direction::Down {
            return engine(diagram);
        }
        let mut placed = if self.is_sideways() { engine(&transposed(diagram)) } else { engine(diagram) };
        let size = placed.size;
        let point = |point: &mut Point| {
            let Point { x, y } = *point;
            *point = match self {
                Direction::Down => Point { x, y },
                Direction::Up => Point { x, y: size.height - y },
                Direction::Right => Point { x: y, y: x },
                Direction::Left => Point { x: size.height - y, y: x },
            };
        };
        let rect = |rect: &mut Rect| {
            let Rect { x, y, width, height } = *rect;
            *rect = match self {
                Direction::Down => Rect { x, y, width, height },
                Direction::Up => Rect { x, y: size.height - y - height, width, height },
                Direction::Right => Rect { x: y, y: x, width: height, height: width },
                Direction::Left => Rect { x: size.height - y - height, y: x, width: height, height: width },
            };
        };
        placed.boxes.iter_mut().for_each(rect);
        for arrow in &mut placed.arrows {
            arrow.label.iter_mut().for_each(rect);
            arrow.head.iter_mut().for_each(point);
            for step in &mut arrow.line {
                match step {
                    Step::Move(end) | Step::Line(end) => point(end),
                    Step::Curve(out, into, end) => [out, into, end].into_iter().for_each(point),
                }
            }
        }
        if self.is_sideways() {
            placed.size = turned(size);
        }
        placed
    }
}

fn turned(size: Size) -> Size {
    Size { width: size.height, height: size.width }
}

fn transposed(diagram: &SizedDiagram) -> SizedDiagram {
    let mut whole = diagram.clone();
    whole.boxes.iter_mut().for_each(|sized| sized.size = turned(sized.size));
    whole.arrows.iter_mut().for_each(|arrow| arrow.label = arrow.label.map(turned));
    whole
}

//! One file per format: reports and diagrams in, bytes out.

pub mod best_placement;
mod boxes;
pub mod dot;
pub mod escape;
pub mod flame;
pub mod folded;
mod guard;
pub mod junit;
mod legend;
mod lettering;
mod measure;
pub mod mermaid;
pub mod page;
mod picture;
pub mod placement;
mod png;
pub mod quality;
pub mod reports;
pub mod scene;
pub mod speedscope;
mod svg;
pub mod text_run;
mod theme;

pub use boxes::Style;
pub use legend::{LegendEntry, Sign};
pub use picture::{
    Drawn, Layout, PictureError, PictureFormat, PictureOptions, SCHEMA_VERSION, Scale, picture, scene_of,
    scene_towards, sized,
};
pub use placement::Direction;
pub use theme::Theme;

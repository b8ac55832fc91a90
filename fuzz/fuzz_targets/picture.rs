//! Any diagram, any text, every format: `cargo +nightly fuzz run picture`.
#![no_main]

use arbitrary::Arbitrary;
use heapgraph::render::{Layout, PictureError, PictureFormat, PictureOptions, Scale, picture, scene_of};
use heapgraph::report::diagram::{Arrow, BoxRole, Diagram, DiagramBox, TargetEnd};
use heapgraph::units::Address;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct AnyBox {
    role: u8,
    address: Option<u64>,
    heading: String,
    lines: Vec<String>,
    facts: Vec<String>,
    distance: u32,
    objects: u64,
    root: Option<String>,
    highlighted: bool,
    finalizer: bool,
}

#[derive(Debug, Arbitrary)]
struct AnyArrow {
    from: u8,
    to: u8,
    labels: Vec<String>,
    unnamed_more: u64,
    weak: bool,
    emphasised: bool,
}

#[derive(Debug, Arbitrary)]
struct AnyDiagram {
    title: String,
    notes: Vec<String>,
    targets_first: bool,
    boxes: Vec<AnyBox>,
    arrows: Vec<AnyArrow>,
}

const ROLES: [BoxRole; 5] = [BoxRole::Target, BoxRole::Root, BoxRole::Object, BoxRole::Fold, BoxRole::More];

impl From<AnyDiagram> for Diagram {
    fn from(any: AnyDiagram) -> Self {
        let boxes = any.boxes.into_iter().map(|any| DiagramBox {
            address: any.address.map(Address),
            role: ROLES[any.role as usize % ROLES.len()],
            heading: any.heading,
            lines: any.lines,
            facts: any.facts,
            distance: any.distance,
            objects: any.objects,
            root: any.root,
            highlighted: any.highlighted,
            finalizer: any.finalizer,
            series: Vec::new(),
        });
        let boxes: Vec<DiagramBox> = boxes.take(200).collect();
        // Now and then one past the end.
        let ends = boxes.len() + 1;
        let arrows = any.arrows.into_iter().map(|any| Arrow {
            from: any.from as usize % ends,
            to: any.to as usize % ends,
            labels: any.labels,
            unnamed_more: any.unnamed_more,
            weak: any.weak,
            emphasised: any.emphasised,
        });
        Diagram {
            title: any.title,
            notes: any.notes,
            target_end: if any.targets_first { TargetEnd::First } else { TargetEnd::Last },
            arrows: arrows.collect(),
            boxes,
        }
    }
}

fuzz_target!(|any: AnyDiagram| {
    let diagram = Diagram::from(any);
    let options = PictureOptions { scale: Scale::Exactly(0.3), max_pixels: 2_000_000, ..PictureOptions::default() };
    for format in
        [PictureFormat::Svg, PictureFormat::Png, PictureFormat::Dot, PictureFormat::Mermaid, PictureFormat::Json]
    {
        match picture(&diagram, format, &options) {
            Ok(drawn) => assert!(!drawn.bytes.is_empty()),
            Err(error) => assert!(matches!(error, PictureError::TooLarge { .. }), "{error}"),
        }
    }
    for layout in [Layout::Native, Layout::LayoutRs] {
        if let Ok(scene) = scene_of(&diagram, layout) {
            assert!(scene.quality().is_clean());
        }
    }
});

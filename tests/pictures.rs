//! Pictures: nothing overlaps, nothing is missing, nothing panics.

mod corpus;

use corpus::*;
use heapgraph::render::{Layout, PictureFormat, PictureOptions, picture, scene_of};
use heapgraph::report::diagram::{BoxRole, Diagram, TargetEnd};

const ALL: [PictureFormat; 5] =
    [PictureFormat::Svg, PictureFormat::Png, PictureFormat::Dot, PictureFormat::Mermaid, PictureFormat::Json];

/// Every format; a PNG may be too large, nothing else may fail.
fn draw_all(diagram: &Diagram) {
    for format in ALL {
        let options = PictureOptions { scale: 0.5, max_pixels: 30_000_000, ..PictureOptions::default() };
        match picture(diagram, format, &options) {
            Ok(bytes) => assert!(!bytes.is_empty()),
            Err(error) => {
                assert!(format == PictureFormat::Png && error.to_string().contains("pixels"), "{format:?}: {error}")
            }
        }
    }
}

fn assert_clean(diagram: &Diagram, name: &str) {
    for target_end in [TargetEnd::Last, TargetEnd::First] {
        let diagram = Diagram { target_end, ..diagram.clone() };
        let scene = scene_of(&diagram, Layout::Native).unwrap();
        let quality = scene.quality();
        assert!(quality.is_clean(), "{name}, {target_end:?}: {quality:?}");
        let targets = scene.boxes.iter().filter(|scene_box| scene_box.role == BoxRole::Target);
        for target in targets {
            for other in scene.boxes.iter().filter(|other| other.role != BoxRole::Target) {
                match target_end {
                    TargetEnd::Last => {
                        assert!(other.rect.bottom() < target.rect.y, "{name}: something stands beside a target")
                    }
                    TargetEnd::First => {
                        assert!(other.rect.y > target.rect.bottom(), "{name}: something stands beside a target")
                    }
                }
            }
        }
        for scene_box in &scene.boxes {
            for (_, run) in &scene_box.texts {
                let inside = run.start.x >= scene_box.rect.x && run.start.x + run.width <= scene_box.rect.right();
                assert!(inside && run.start.y < scene_box.rect.bottom(), "{name}: {:?} leaves its box", run.text);
            }
        }
    }
}

#[test]
fn three_hundred_excerpts_are_clean() {
    let mut pictures = 0;
    for (seed, size, diagram) in corpus(26) {
        assert_clean(&diagram, &format!("excerpt {seed} of {size} boxes"));
        pictures += 1;
    }
    assert!(pictures >= 300);
}

#[test]
fn the_automatic_choice_is_clean() {
    for (seed, size, diagram) in corpus(8) {
        let quality = scene_of(&diagram, Layout::Auto).unwrap().quality();
        assert!(quality.is_clean(), "excerpt {seed} of {size} boxes: {quality:?}");
    }
}

#[test]
fn extreme_shapes_are_drawn() {
    let mut loop_on_target = plain(3, [(0, 0), (1, 0), (2, 0), (0, 2), (1, 1)]);
    loop_on_target.boxes[1].role = BoxRole::Target;
    for (name, diagram) in [
        ("doubly linked list", doubly_linked(200)),
        ("star", star(2000)),
        ("bipartite", bipartite(30)),
        ("parallel", parallel(1000)),
        ("loop on a target", loop_on_target),
        ("nothing", Diagram::default()),
        ("one box", plain(1, [])),
        ("apart", plain(60, [(1, 0), (10, 11), (11, 12), (12, 10)])),
        ("no such box", plain(2, [(1, 0), (7, 0), (0, 9)])),
    ] {
        assert_clean(&diagram, name);
        draw_all(&diagram);
    }
}

#[test]
fn the_same_diagram_gives_the_same_bytes() {
    let diagram = excerpt(3, 70);
    for format in ALL {
        let options = PictureOptions { scale: 0.5, ..PictureOptions::default() };
        assert_eq!(picture(&diagram, format, &options).unwrap(), picture(&diagram.clone(), format, &options).unwrap());
    }
}

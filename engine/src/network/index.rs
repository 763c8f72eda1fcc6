//! A static R-tree over boxes, packed level by level.

use crate::geo::{Bounds, Plane};

/// Boxes under one parent.
const FANOUT: usize = 16;

/// A packed R-tree: built once by sort-tile-recursive (Leutenegger, Lopez and Edgington 1997), then only read.
#[derive(Debug, Clone, Default)]
pub(crate) struct BoxIndex {
    /// `levels[0]` are the items' boxes in packed order; each further level bounds [`FANOUT`] boxes of the one below.
    levels: Vec<Vec<Bounds>>,
    /// The item behind each box of `levels[0]`.
    items: Vec<u32>,
}

impl BoxIndex {
    /// An index whose items are the positions in `boxes`.
    pub(crate) fn new(boxes: &[Bounds]) -> Self {
        let items = packed_order(boxes);
        let mut levels = vec![
            items
                .iter()
                .map(|&item| boxes[item as usize])
                .collect::<Vec<_>>(),
        ];
        while let Some(below) = levels.last().filter(|level| level.len() > FANOUT) {
            let above = below.chunks(FANOUT).filter_map(bounds_of).collect();
            levels.push(above);
        }
        Self { levels, items }
    }

    /// Calls `visit` with each item whose box may be nearer to the middle of `plane` than `radius`;
    /// `visit` answers with the radius from then on.
    pub(crate) fn nearby(&self, plane: &Plane, mut radius: f64, mut visit: impl FnMut(u32) -> f64) {
        let Some(top) = self.levels.len().checked_sub(1) else {
            return;
        };
        let mut open: Vec<(usize, usize)> = (0..self.levels[top].len()).map(|i| (top, i)).collect();
        while let Some((level, i)) = open.pop() {
            if plane.distance_to_box(&self.levels[level][i]) > radius {
                continue;
            }
            if level == 0 {
                radius = visit(self.items[i]);
            } else {
                let end = ((i + 1) * FANOUT).min(self.levels[level - 1].len());
                open.extend((i * FANOUT..end).map(|child| (level - 1, child)));
            }
        }
    }
}

/// Items in vertical slices by longitude, each slice sorted by latitude.
fn packed_order(boxes: &[Bounds]) -> Vec<u32> {
    let mut items: Vec<u32> = (0..boxes.len() as u32).collect();
    let lon = |item: u32| boxes[item as usize].centre().lon;
    let lat = |item: u32| boxes[item as usize].centre().lat;
    items.sort_unstable_by(|&a, &b| lon(a).total_cmp(&lon(b)).then(a.cmp(&b)));
    let leaves = boxes.len().div_ceil(FANOUT);
    let slices = (leaves as f64).sqrt().ceil() as usize;
    for slice in items.chunks_mut((slices * FANOUT).max(1)) {
        slice.sort_unstable_by(|&a, &b| lat(a).total_cmp(&lat(b)).then(a.cmp(&b)));
    }
    items
}

fn bounds_of(boxes: &[Bounds]) -> Option<Bounds> {
    boxes.iter().copied().reduce(|a, b| a.union(&b))
}

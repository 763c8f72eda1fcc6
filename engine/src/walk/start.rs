//! Start and end of a walk on the streets, and what is in reach from there.

use super::limits::METRES_TO_STREET;
use super::{NoWalk, WalkRequest};
use crate::geo::Point;
use crate::network::{Network, NodeId, Snap, TICKS_PER_SECOND};
use crate::routing::{DeadEnds, Label, Profile, Reach};

/// A part of the network with fewer nodes than this, cut off from the rest, is an island: a courtyard, a pier.
const ISLAND_NODES: usize = 40;

/// A street off the island is preferred where it is no more than this much further than twice as far.
const ISLAND_SLACK_METRES: f64 = 60.0;

/// Islands around the start that are looked at before the largest of them is taken.
const MAX_ISLANDS: usize = 8;

/// The ends of the walk on the streets, and the ways from them.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) profile: Profile,
    pub(crate) budget_ticks: u32,
    pub(crate) start: Snap,
    /// `None`: back at the start.
    pub(crate) end: Option<Snap>,
    pub(crate) from_start: Reach,
    /// `None`: the same as from the start.
    pub(crate) from_end: Option<Reach>,
    pub(crate) dead_ends: DeadEnds,
}

impl Ground {
    /// Ticks of the shortest walk from the start through a node to the end.
    pub(crate) fn through(&self, node: NodeId) -> u32 {
        let there = self.from_start.to_node(node).ticks;
        let back = self
            .from_end
            .as_ref()
            .map_or(there, |reach| reach.to_node(node).ticks);
        there.saturating_add(back)
    }

    /// The same ends, and everything that can be reached from them in whatever time.
    pub(crate) fn without_limit(&self, network: &Network) -> Self {
        let explore = |origin| Reach::explore(network, self.profile, origin, u32::MAX - 1);
        let from_start = explore(self.start);
        Self {
            dead_ends: DeadEnds::find(network, &from_start),
            from_start,
            from_end: self.end.map(explore),
            ..*self
        }
    }

    /// The way from the start to a position on a street, and from there to the end.
    pub(crate) fn there_and_back(&self, network: &Network, place: &Snap) -> (Label, Label) {
        let there = self.from_start.to(network, self.profile, place);
        let back = self
            .from_end
            .as_ref()
            .map_or(there, |reach| reach.to(network, self.profile, place));
        (there, back)
    }
}

/// Puts start and end on streets and explores what is in reach of both.
pub(crate) fn find_ground(request: &WalkRequest, network: &Network) -> Result<Ground, NoWalk> {
    let profile = Profile::new(request.accessibility);
    let budget_ticks = request.budget_seconds * TICKS_PER_SECOND;
    // There and back: a loop never gets further than half its time.
    let limit = if request.end.is_some() {
        budget_ticks
    } else {
        budget_ticks / 2
    };
    let (start, from_start) = snap_start(network, profile, request.start, limit)?;
    let dead_ends = DeadEnds::find(network, &from_start);
    let mut ground = Ground {
        profile,
        budget_ticks,
        start,
        end: None,
        from_start,
        from_end: None,
        dead_ends,
    };
    if let Some(end) = request.end {
        let snap = snap_end(network, &ground, end)?;
        ground.from_end = Some(Reach::explore(network, profile, snap, limit));
        ground.end = Some(snap);
    }
    Ok(ground)
}

/// The street to start on. A small island that is only a little nearer than the streets around it is passed over.
fn snap_start(
    network: &Network,
    profile: Profile,
    point: Point,
    limit: u32,
) -> Result<(Snap, Reach), NoWalk> {
    let nearest = nearest_street(network, profile, point)?;
    let mut best = (nearest, Reach::explore(network, profile, nearest, limit));
    let radius = (2.0 * nearest.away + ISLAND_SLACK_METRES).min(METRES_TO_STREET);
    let mut seen = vec![];
    while is_island(network, profile, &best) && seen.len() < MAX_ISLANDS {
        seen.push(Reach::explore(network, profile, best.0, u32::MAX - 1));
        let elsewhere = |edge| {
            !profile.avoids(network.measure(edge))
                && !seen
                    .iter()
                    .any(|reach: &Reach| reach.touches(network, edge))
        };
        let Some(other) = network.nearest(point, radius, elsewhere) else {
            break;
        };
        let reach = Reach::explore(network, profile, other, limit);
        if reach.nodes().len() > best.1.nodes().len() {
            best = (other, reach);
        }
    }
    Ok(best)
}

fn is_island(network: &Network, profile: Profile, (snap, reach): &(Snap, Reach)) -> bool {
    reach.nodes().len() < ISLAND_NODES
        && Reach::explore(network, profile, *snap, u32::MAX - 1)
            .nodes()
            .len()
            < ISLAND_NODES
}

fn nearest_street(network: &Network, profile: Profile, point: Point) -> Result<Snap, NoWalk> {
    network
        .nearest(point, METRES_TO_STREET, |edge| {
            !profile.avoids(network.measure(edge))
        })
        .or_else(|| network.nearest(point, METRES_TO_STREET, |_| true))
        .ok_or_else(|| NoWalk::NoWalkableWayNearby {
            nearest_metres: network
                .nearest(point, f64::INFINITY, |_| true)
                .map(|snap| snap.away),
        })
}

/// The street to end on: the nearest that can be reached from the start.
fn snap_end(network: &Network, ground: &Ground, point: Point) -> Result<Snap, NoWalk> {
    let nearest = nearest_street(network, ground.profile, point)?;
    let in_reach = |edge| ground.from_start.touches(network, edge);
    let usable = |edge| !ground.profile.avoids(network.measure(edge)) && in_reach(edge);
    let radius = (2.0 * nearest.away + ISLAND_SLACK_METRES).min(METRES_TO_STREET);
    let snap = network
        .nearest(point, radius, usable)
        .or_else(|| network.nearest(point, radius, in_reach));
    let needed = |snap: &Snap, reach: &Reach| reach.to(network, ground.profile, snap);
    match snap {
        Some(snap) if needed(&snap, &ground.from_start).ticks <= ground.budget_ticks => Ok(snap),
        _ => {
            let anywhere = Reach::explore(network, ground.profile, ground.start, u32::MAX - 1);
            match needed(&nearest, &anywhere) {
                Label::UNREACHED => Err(NoWalk::EndUnreachable),
                label => Err(NoWalk::BudgetTooSmall {
                    needed_seconds: label.ticks.div_ceil(TICKS_PER_SECOND),
                }),
            }
        }
    }
}

//! Start and end of a walk on the streets, and what is in reach from there.

use std::slice;

use super::limits::METRES_TO_STREET;
use super::{Gap, NoWalk, WalkRequest};
use crate::geo::Point;
use crate::network::{Network, NodeId, Snap, TICKS_PER_SECOND};
use crate::routing::{DeadEnds, Label, Profile, Reach};

/// A street of another network is preferred to an island where it is no more than this much further than twice as far.
const ISLAND_SLACK_METRES: f64 = 60.0;

/// Networks around the start from which no walk is possible, at which the request is given up.
const MOST_ISLANDS: usize = 32;

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
    /// From the positions asked for to the start and the end.
    pub(crate) gaps: [Gap; 2],
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
        let explore = |origin| everything(network, self.profile, origin);
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

/// Puts start and end on streets, and has the places in reach chosen from there.
///
/// The nearest street it is, unless it leads nowhere: where no place is in reach from it, as on an islet or a closed estate, the
/// nearest street from which one is. An island that offers less than a network a little further away is passed over too.
pub(crate) fn settle<C>(
    request: &WalkRequest,
    network: &Network,
    choose: impl Fn(&Ground) -> Result<Vec<C>, NoWalk>,
) -> Result<(Ground, Vec<C>), NoWalk> {
    let profile = Profile::new(request.accessibility, request.choice.pace);
    let nearest = nearest_street(network, profile, request.start)?;
    let attempt = |start: Snap| -> Result<(Ground, Vec<C>), NoWalk> {
        let ground = find_ground(request, network, start, nearest.away)?;
        let chosen = choose(&ground)?;
        Ok((ground, chosen))
    };
    let beside = |radius: f64, known: &[Reach]| {
        network.nearest(request.start, radius, |edge| {
            !profile.avoids(network.measure(edge))
                && !known.iter().any(|reach| reach.touches(network, edge))
        })
    };
    let mut islands = Vec::new();
    let refusal = match attempt(nearest) {
        Ok(found) => return Ok(mainland(found, network, beside, attempt)),
        Err(refusal) => refusal,
    };
    let mut island = nearest;
    while islands.len() < MOST_ISLANDS {
        islands.push(everything(network, profile, island));
        let Some(other) = beside(METRES_TO_STREET, &islands) else {
            break;
        };
        if let Ok(found) = attempt(other) {
            return Ok(found);
        }
        island = other;
    }
    Err(refusal)
}

/// What was found, or what a network a little further away offers, if that is more and the one found is all within reach.
fn mainland<C>(
    found: (Ground, Vec<C>),
    network: &Network,
    beside: impl Fn(f64, &[Reach]) -> Option<Snap>,
    attempt: impl Fn(Snap) -> Result<(Ground, Vec<C>), NoWalk>,
) -> (Ground, Vec<C>) {
    let (ground, places) = &found;
    if leads_on(network, &ground.from_start) {
        return found;
    }
    let radius = radius_beside(&ground.start);
    let other = beside(radius, slice::from_ref(&ground.from_start)).map(attempt);
    let size = |ground: &Ground| ground.from_start.nodes().len();
    match other {
        Some(Ok(other)) if (other.1.len(), size(&other.0)) > (places.len(), size(ground)) => other,
        _ => found,
    }
}

/// True if streets go on where the time ends.
fn leads_on(network: &Network, reach: &Reach) -> bool {
    let mut goes_on = false;
    for &node in reach.nodes().iter().rev() {
        network.for_each_arc(node, |_, _, head| {
            goes_on |= !reach.to_node(head).is_reached();
        });
        if goes_on {
            break;
        }
    }
    goes_on
}

fn everything(network: &Network, profile: Profile, origin: Snap) -> Reach {
    Reach::explore(network, profile, origin, u32::MAX - 1)
}

/// Metres within which a street is not much further away than this one.
fn radius_beside(nearest: &Snap) -> f64 {
    (2.0 * nearest.away + ISLAND_SLACK_METRES).min(METRES_TO_STREET)
}

/// Explores what is in reach of a start, and of the end.
fn find_ground(
    request: &WalkRequest,
    network: &Network,
    start: Snap,
    nearest_metres: f64,
) -> Result<Ground, NoWalk> {
    let profile = Profile::new(request.accessibility, request.choice.pace);
    let budget_ticks = request.budget_seconds * TICKS_PER_SECOND;
    // There and back: a loop never gets further than half its time.
    let limit = if request.end.is_some() {
        budget_ticks
    } else {
        budget_ticks / 2
    };
    let from_start = Reach::explore(network, profile, start, limit);
    let mut ground = Ground {
        profile,
        budget_ticks,
        start,
        end: None,
        dead_ends: DeadEnds::find(network, &from_start),
        from_start,
        from_end: None,
        gaps: [Gap::of(start.away, nearest_metres); 2],
    };
    if let Some(end) = request.end {
        let nearest = nearest_street(network, profile, end)?;
        let snap = snap_end(network, &ground, end, nearest)?;
        ground.gaps[1] = Gap::of(snap.away, nearest.away);
        ground.from_end = Some(Reach::explore(network, profile, snap, limit));
        ground.end = Some(snap);
    }
    Ok(ground)
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

/// The street to end on: the nearest that can be reached from the start in time, if no other is much nearer that only takes longer.
fn snap_end(
    network: &Network,
    ground: &Ground,
    point: Point,
    nearest: Snap,
) -> Result<Snap, NoWalk> {
    let in_reach = |edge| ground.from_start.touches(network, edge);
    let usable = |edge| !ground.profile.avoids(network.measure(edge)) && in_reach(edge);
    let needed = |snap: &Snap, reach: &Reach| reach.to(network, ground.profile, snap);
    let within = |radius| {
        network
            .nearest(point, radius, usable)
            .or_else(|| network.nearest(point, radius, in_reach))
            .filter(|snap| needed(snap, &ground.from_start).ticks <= ground.budget_ticks)
    };
    if let Some(snap) = within(radius_beside(&nearest)) {
        return Ok(snap);
    }
    let anywhere = everything(network, ground.profile, ground.start);
    match needed(&nearest, &anywhere) {
        Label::UNREACHED => within(METRES_TO_STREET).ok_or(NoWalk::EndUnreachable),
        label => Err(NoWalk::BudgetTooSmall {
            needed_seconds: label.ticks.div_ceil(TICKS_PER_SECOND),
        }),
    }
}

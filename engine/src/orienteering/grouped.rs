//! The objective with groups of diminishing returns.

use std::ops::Range;

use super::instance::{END, Instance, START};
use super::objective::{Objective, Prizes};
use super::problem::Problem;

/// Groups of an instance's nodes, in both directions.
#[derive(Debug)]
pub(super) struct Groups {
    own: Vec<f64>,
    decay: Vec<f64>,
    /// Members of group `g`: `members[first_member[g]..first_member[g + 1]]`.
    first_member: Vec<usize>,
    members: Vec<Member>,
    /// Memberships of node `n`: `memberships[first_membership[n]..first_membership[n + 1]]`.
    first_membership: Vec<usize>,
    memberships: Vec<Membership>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    node: u32,
    prize: f64,
    /// Position in the list of all memberships.
    membership: usize,
}

#[derive(Debug, Clone, Copy)]
struct Membership {
    group: usize,
    prize: f64,
}

impl Groups {
    /// The groups of a problem, reduced to the instance's nodes. A round trip's end is no member: its start is.
    pub(super) fn new(problem: &Problem, instance: &Instance, prizes: &Prizes) -> Self {
        let mut node_of = vec![None; problem.len()];
        (0..instance.nodes())
            .rev()
            .for_each(|node| node_of[instance.place(node)] = Some(node));
        let mut of_node = vec![Vec::new(); instance.nodes()];
        for (group, definition) in problem.groups().iter().enumerate() {
            for &(place, prize) in &definition.members {
                if let Some(node) = node_of[place] {
                    of_node[node].push(Membership { group, prize });
                }
            }
        }
        let mut of_group = vec![Vec::new(); problem.groups().len()];
        let (mut first_membership, mut memberships) = (vec![0], Vec::new());
        for (node, of_node) in of_node.into_iter().enumerate() {
            for Membership { group, prize } in of_node {
                of_group[group].push(Member {
                    node: node as u32,
                    prize,
                    membership: memberships.len(),
                });
                memberships.push(Membership { group, prize });
            }
            first_membership.push(memberships.len());
        }
        let (mut first_member, mut members) = (vec![0], Vec::new());
        for mut of_group in of_group {
            members.append(&mut of_group);
            first_member.push(members.len());
        }
        Self {
            own: prizes.exact().to_vec(),
            decay: problem.groups().iter().map(|group| group.decay).collect(),
            first_member,
            members,
            first_membership,
            memberships,
        }
    }

    fn members(&self, group: usize) -> &[Member] {
        &self.members[self.first_member[group]..self.first_member[group + 1]]
    }

    fn memberships(&self, node: usize) -> &[Membership] {
        &self.memberships[self.positions(node)]
    }

    /// Range of a node's memberships in the list of all.
    fn positions(&self, node: usize) -> Range<usize> {
        self.first_membership[node]..self.first_membership[node + 1]
    }
}

/// Sums of prizes, and of group prizes that decay.
#[derive(Debug, Clone)]
pub(super) struct Grouped<'a> {
    groups: &'a Groups,
    gains: Vec<f32>,
    /// Part of its node's gain that each membership adds.
    gains_in_groups: Vec<f64>,
    /// Prizes of the chosen members of group `g`, best first: the first `chosen[g]` from `first_member[g]` on.
    best_first: Vec<f64>,
    chosen: Vec<usize>,
    score: f64,
    /// Nodes whose gains the last insertion changed.
    changed: Vec<u32>,
    /// For each rank in a group: what a prize at this rank keeps, and what the chosen members from this rank on count.
    ranks: Vec<(f64, f64)>,
}

impl<'a> Grouped<'a> {
    /// Nothing on the tour but start and end.
    pub(super) fn new(groups: &'a Groups, instance: &Instance) -> Self {
        let mut grouped = Self {
            groups,
            gains: vec![0.0; instance.stride()],
            gains_in_groups: vec![0.0; groups.memberships.len()],
            best_first: vec![0.0; groups.members.len()],
            chosen: vec![0; groups.decay.len()],
            score: 0.0,
            changed: Vec::new(),
            ranks: Vec::new(),
        };
        for group in 0..groups.decay.len() {
            grouped.refresh_group(group);
        }
        for node in 0..instance.nodes() {
            grouped.gains[node] = grouped.gain(node) as f32;
        }
        // Start and end take their ranks in their groups; what they are worth themselves never changes.
        grouped.insert(START);
        grouped.insert(END);
        grouped.score = 0.0;
        grouped
    }

    fn best_first(&self, group: usize) -> &[f64] {
        let first = self.groups.first_member[group];
        &self.best_first[first..first + self.chosen[group]]
    }

    /// Gain of adding a node: its own prize, and in each group its rank's share, less what the members behind it lose.
    fn gain(&self, node: usize) -> f64 {
        let in_groups = &self.gains_in_groups[self.groups.positions(node)];
        self.groups.own[node] + in_groups.iter().sum::<f64>()
    }

    fn loss_in_group(&self, Membership { group, prize }: Membership) -> f64 {
        let (decay, chosen) = (self.groups.decay[group], self.best_first(group));
        let rank = chosen.partition_point(|other| *other > prize);
        let behind = chosen[rank + 1..]
            .iter()
            .rev()
            .fold(0.0, |later, other| other + decay * later);
        decay.powi(rank as i32) * (prize - (1.0 - decay) * behind)
    }

    fn refresh_gains(&mut self, node: usize) {
        let groups = self.groups;
        self.changed.clear();
        for membership in groups.memberships(node) {
            self.refresh_group(membership.group);
            let members = groups.members(membership.group).iter();
            self.changed.extend(members.map(|member| member.node));
        }
        for i in 0..self.changed.len() {
            let member = self.changed[i] as usize;
            self.gains[member] = self.gain(member) as f32;
        }
    }

    fn refresh_group(&mut self, group: usize) {
        let decay = self.groups.decay[group];
        let first = self.groups.first_member[group];
        let chosen = &self.best_first[first..first + self.chosen[group]];
        let mut behind = 0.0;
        self.ranks.clear();
        self.ranks.push((decay.powi(chosen.len() as i32), behind));
        for (rank, prize) in chosen.iter().enumerate().rev() {
            behind = prize + decay * behind;
            self.ranks.push((decay.powi(rank as i32), behind));
        }
        self.ranks.reverse();
        for member in self.groups.members(group) {
            let rank = chosen.partition_point(|other| *other >= member.prize);
            let (share, behind) = self.ranks[rank];
            self.gains_in_groups[member.membership] =
                share * (member.prize - (1.0 - decay) * behind);
        }
    }
}

impl Objective for Grouped<'_> {
    fn gains(&self) -> &[f32] {
        &self.gains
    }

    fn loss(&self, node: usize) -> f32 {
        let in_groups = self.groups.memberships(node).iter();
        let lost: f64 = in_groups
            .map(|membership| self.loss_in_group(*membership))
            .sum();
        (self.groups.own[node] + lost) as f32
    }

    fn changed(&self) -> &[u32] {
        &self.changed
    }

    fn insert(&mut self, node: usize) {
        self.score += self.gain(node);
        for &Membership { group, prize } in self.groups.memberships(node) {
            let rank = self
                .best_first(group)
                .partition_point(|other| *other >= prize);
            let (first, chosen) = (self.groups.first_member[group], self.chosen[group]);
            self.best_first[first + rank..=first + chosen].rotate_right(1);
            self.best_first[first + rank] = prize;
            self.chosen[group] += 1;
        }
        self.refresh_gains(node);
    }

    fn remove(&mut self, node: usize) {
        for &Membership { group, prize } in self.groups.memberships(node) {
            let rank = self
                .best_first(group)
                .partition_point(|other| *other > prize);
            let (first, chosen) = (self.groups.first_member[group], self.chosen[group]);
            self.best_first[first + rank..first + chosen].rotate_left(1);
            self.chosen[group] -= 1;
        }
        self.refresh_gains(node);
        self.score -= self.gain(node);
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn copy_from(&mut self, other: &Self) {
        self.gains.copy_from_slice(&other.gains);
        self.gains_in_groups.copy_from_slice(&other.gains_in_groups);
        self.best_first.copy_from_slice(&other.best_first);
        self.chosen.copy_from_slice(&other.chosen);
        self.score = other.score;
    }
}

//! The problem as it is given, and its objective.

use thiserror::Error;

use super::times::TimeMatrix;

/// The largest budget: sums of many budgets still fit the search's 32-bit costs.
pub const MAX_BUDGET: u32 = 1 << 24;
/// The largest number of places: a pair of them fits 32 bits.
pub const MAX_PLACES: usize = 1 << 15;

/// An orienteering problem: from a start to an end, collect the most prize within a budget of time.
///
/// Places are numbered from 0 in the order of the time matrix. The objective of a tour is the sum of the prizes of
/// the places on it, plus what its [`Group`]s add; its cost is the sum of the times between its stops and of their
/// visits, those of start and end included (once, when the start is the end).
///
/// Times are taken to be shortest times: a place is never visited if the way straight there and on to the end is over the budget.
#[derive(Debug, Clone)]
pub struct Problem {
    times: TimeMatrix,
    prizes: Vec<f64>,
    groups: Vec<Group>,
    visits: Vec<u32>,
    start: usize,
    end: usize,
    budget: u32,
}

/// Places of which each further one is worth less.
///
/// The members on a tour, best first, count `prize`, `prize × decay`, `prize × decay²`, … This is the largest sum over all orders, so it
/// depends only on which places are chosen; it is monotone and submodular in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Share of its prize that each further member keeps: 1 nothing is lost, 0 only the best one counts.
    pub decay: f64,
    /// Places and their prizes in this group. They come on top of [`Problem::prizes`], and a place may be in many groups.
    pub members: Vec<(usize, f64)>,
}

/// Error of a problem that can't be one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// A list does not have one entry a place.
    #[error("{what}: expected {expected} entries, found {found}")]
    Length {
        /// Name of the list.
        what: &'static str,
        /// Places of the matrix.
        expected: usize,
        /// Entries of the list.
        found: usize,
    },
    /// A place's number is not below the number of places.
    #[error("{what}: there is no place {place}")]
    NoSuchPlace {
        /// Name of the list that refers to the place.
        what: &'static str,
        /// The number.
        place: usize,
    },
    /// A prize is negative, infinite or not a number.
    #[error("the prize of place {place} is negative or not finite")]
    Prize {
        /// The place.
        place: usize,
    },
    /// A decay is outside 0–1.
    #[error("the decay of group {group} is not between 0 and 1")]
    Decay {
        /// Its position in the list of groups.
        group: usize,
    },
    /// A place is twice in one group.
    #[error("place {place} is twice in group {group}")]
    Repeated {
        /// Its position in the list of groups.
        group: usize,
        /// The place.
        place: usize,
    },
    /// There are more places than [`MAX_PLACES`].
    #[error("there are more than {MAX_PLACES} places")]
    TooManyPlaces,
    /// The budget is larger than [`MAX_BUDGET`].
    #[error("the budget is larger than {MAX_BUDGET}")]
    BudgetTooLarge,
    /// Not even the direct way from the start to the end fits the budget.
    #[error("the direct way from the start to the end takes {needed}, more than the budget")]
    EndBeyondBudget {
        /// Time that it takes, visits included; `u32::MAX` if there is no way.
        needed: u32,
    },
}

impl Problem {
    /// A problem without groups, visits of no length, and a tour that ends where it starts.
    ///
    /// # Errors
    /// See [`ProblemError`].
    pub fn round_trip(
        times: TimeMatrix,
        prizes: Vec<f64>,
        start: usize,
        budget: u32,
    ) -> Result<Self, ProblemError> {
        let visits = vec![0; times.len()];
        Self::new(times, prizes, visits, start, start, budget)
    }

    /// A problem without groups. `prizes` and `visits` have one entry a place.
    ///
    /// # Errors
    /// See [`ProblemError`].
    pub fn new(
        times: TimeMatrix,
        prizes: Vec<f64>,
        visits: Vec<u32>,
        start: usize,
        end: usize,
        budget: u32,
    ) -> Result<Self, ProblemError> {
        let places = times.len();
        expect_length("prizes", places, prizes.len())?;
        expect_length("visits", places, visits.len())?;
        expect_place("start", places, start)?;
        expect_place("end", places, end)?;
        if let Some(place) = prizes.iter().position(|prize| !is_prize(*prize)) {
            return Err(ProblemError::Prize { place });
        }
        if places > MAX_PLACES {
            return Err(ProblemError::TooManyPlaces);
        }
        if budget > MAX_BUDGET {
            return Err(ProblemError::BudgetTooLarge);
        }
        let problem = Self {
            times,
            prizes,
            groups: Vec::new(),
            visits,
            start,
            end,
            budget,
        };
        let needed = problem.cost(&[start, end]);
        if needed > u64::from(budget) {
            let needed = u32::try_from(needed).unwrap_or(u32::MAX);
            return Err(ProblemError::EndBeyondBudget { needed });
        }
        Ok(problem)
    }

    /// Adds groups, whose prizes come on top of those the places have of their own.
    ///
    /// # Errors
    /// See [`ProblemError`].
    pub fn with_groups(mut self, groups: Vec<Group>) -> Result<Self, ProblemError> {
        let mut last_seen = vec![usize::MAX; self.len()];
        for (index, group) in groups.iter().enumerate() {
            if !(0.0..=1.0).contains(&group.decay) {
                return Err(ProblemError::Decay { group: index });
            }
            for &(place, prize) in &group.members {
                expect_place("group", self.len(), place)?;
                if !is_prize(prize) {
                    return Err(ProblemError::Prize { place });
                }
                if last_seen[place] == index {
                    return Err(ProblemError::Repeated {
                        group: index,
                        place,
                    });
                }
                last_seen[place] = index;
            }
        }
        self.groups = groups;
        Ok(self)
    }

    /// The same problem with another budget, or with the least that the way straight to the end takes.
    /// A budget beyond [`MAX_BUDGET`] is lowered to it.
    #[must_use]
    pub fn with_budget(&self, budget: u32) -> Self {
        let least = self.cost(&[self.start, self.end]) as u32;
        Self {
            budget: budget.min(MAX_BUDGET).max(least),
            ..self.clone()
        }
    }

    /// Number of places, start and end included.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Never true: there is always a start.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Times between the places.
    pub fn times(&self) -> &TimeMatrix {
        &self.times
    }

    /// Prize of each place whatever else is on the tour.
    pub fn prizes(&self) -> &[f64] {
        &self.prizes
    }

    /// Groups whose members are worth less the more of them are on the tour.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Time spent at each place.
    pub fn visits(&self) -> &[u32] {
        &self.visits
    }

    /// Place at which each tour begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Place at which each tour ends.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Most that a tour may cost.
    pub fn budget(&self) -> u32 {
        self.budget
    }

    /// True if a tour ends where it begins.
    pub fn is_round_trip(&self) -> bool {
        self.start == self.end
    }

    /// Cost of a tour given as its stops from start to end, a round trip's start both first and last.
    pub fn cost(&self, order: &[usize]) -> u64 {
        let ways = order.windows(2).filter(|pair| !self.is_idle(pair));
        let walked: u64 = ways
            .map(|pair| u64::from(self.times.get(pair[0], pair[1])))
            .sum();
        walked
            + self
                .places_of(order)
                .iter()
                .map(|&place| u64::from(self.visits[place]))
                .sum::<u64>()
    }

    /// Objective of a tour given as for [`Problem::cost`].
    pub fn score(&self, order: &[usize]) -> f64 {
        let places = self.places_of(order);
        let own: f64 = places.iter().map(|&place| self.prizes[place]).sum();
        if self.groups.is_empty() {
            return own;
        }
        let mut chosen = vec![false; self.len()];
        for place in places {
            chosen[*place] = true;
        }
        own + self
            .groups
            .iter()
            .map(|group| group.score(&chosen))
            .sum::<f64>()
    }

    /// Staying at the start costs nothing, whatever the matrix has on its diagonal.
    fn is_idle(&self, pair: &[usize]) -> bool {
        pair[0] == pair[1] && self.is_round_trip()
    }

    /// The places of a tour, each once.
    fn places_of<'a>(&self, order: &'a [usize]) -> &'a [usize] {
        match order {
            [rest @ .., _] if self.is_round_trip() => rest,
            _ => order,
        }
    }
}

impl Group {
    /// Sum of what the chosen members count together.
    pub(crate) fn score(&self, chosen: &[bool]) -> f64 {
        let mut prizes: Vec<f64> = self
            .members
            .iter()
            .filter(|(place, _)| chosen[*place])
            .map(|(_, prize)| *prize)
            .collect();
        prizes.sort_unstable_by(|a, b| b.total_cmp(a));
        prizes
            .iter()
            .rev()
            .fold(0.0, |later, prize| prize + self.decay * later)
    }
}

fn is_prize(prize: f64) -> bool {
    prize.is_finite() && prize >= 0.0
}

fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), ProblemError> {
    if found == expected {
        Ok(())
    } else {
        Err(ProblemError::Length {
            what,
            expected,
            found,
        })
    }
}

fn expect_place(what: &'static str, places: usize, place: usize) -> Result<(), ProblemError> {
    if place < places {
        Ok(())
    } else {
        Err(ProblemError::NoSuchPlace { what, place })
    }
}

//! The orienteering problem: the most rewarding tour within a budget.

//! `routes` and `route_pois`: generated walks.

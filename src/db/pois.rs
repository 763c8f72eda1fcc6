//! `pois`: places that may become stops.

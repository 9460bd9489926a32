//! A simulated Sentinel-2 L2A-like pair with a known truth: fields, forests, a river and settlements of the steppe,
//! and what happens to them between two dates.
//!
//! Everything is a pure function of scenario, date, band and position: any window of any band can be computed by
//! itself and equals the same pixels of the whole, on any thread, in any order. Nothing here does I/O.
//!
//! A [`Scenario`] says what is wanted; [`Scenario::build`] turns it into a [`World`], which yields pixels:
//! [`World::dn`], [`World::scl`], [`World::dn_all`] and [`World::truth10`], [`World::truth20`].

mod band;
mod built;
mod districts;
mod fields;
mod ground;
mod incidents;
mod noise;
mod parcels;
mod phenology;
mod render;
mod scenario;
mod shape;
mod sky;
mod truth;
mod water;
mod world;

#[cfg(test)]
mod tests;

pub use band::SimBand;
pub use render::Bundle;
pub use scenario::{Date, Drift, Events, Scenario, Season, TILE};
pub use shape::Shape;
pub use truth::Truth;
pub use world::World;

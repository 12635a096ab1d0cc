//! Closed forms, and the systems that have them.

pub(crate) mod breakdowns;
pub(crate) mod cases;
pub(crate) mod markov;
pub(crate) mod networks;
pub(crate) mod polling;
pub(crate) mod renewal;
pub(crate) mod stations;
pub(crate) mod systems;

pub(crate) use networks::{exact_mva, repairman_response};
pub(crate) use renewal::e2m1_response;
pub(crate) use stations::{mg1_response, mg1_waiting, mmc_response};

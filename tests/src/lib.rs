//! Tests of pvefw.

pub mod generate;

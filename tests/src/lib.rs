//! Tests of pvefw.

//! A catalogue.

//! Rebuild of the crate when a file is added that it embeds.

fn main() {
    for folder in ["versions", "functions", "sql"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}

//! What is in the site, in order.

/// A part of the site: its title, and its pages with theirs.
pub(crate) type Part = (&'static str, &'static [(&'static str, &'static str)]);

/// The first page.
pub(crate) const FRONT: (&str, &str) = ("a2d", "README.md");

/// All others, by their places in the repository.
pub(crate) const PARTS: &[Part] = &[
    (
        "Use",
        &[
            ("Guide", "docs/guide.md"),
            ("Commands and files", "docs/commands.md"),
            ("Python", "crates/a2d-py/README.md"),
            ("Python without torch", "crates/a2d-detect-py/README.md"),
            ("Rust without libtorch", "crates/a2d-detect/README.md"),
            ("A screening service", "docs/serve.md"),
            ("More than one machine", "docs/scale.md"),
            ("Formats for programs", "docs/formats.md"),
            ("CUDA", "docs/cuda.md"),
        ],
    ),
    (
        "What it does",
        &[
            ("Attacks", "docs/attacks.md"),
            ("Strides", "docs/turbo.md"),
            ("One gradient, and cascades", "docs/linear.md"),
            ("Examples in 8 bits", "docs/eight-bits.md"),
            ("Detectors", "docs/detectors.md"),
            ("Other papers' detectors", "docs/baselines.md"),
            ("CLEVER scores", "docs/clever.md"),
        ],
    ),
    (
        "What came out",
        &[
            ("Results", "results/cpu/tables.md"),
            ("Limits", "docs/limits.md"),
            ("Attackers who know", "docs/adaptive.md"),
            ("Speed", "docs/speed.md"),
        ],
    ),
    (
        "Inside",
        &[
            ("Architecture", "ARCHITECTURE.md"),
            ("Reproducible costs", "docs/reproducible.md"),
            ("Data and models", "data/README.md"),
            ("The sample of MNIST", "data/sample/mnist/README.md"),
            ("Experiments", "experiments/README.md"),
            ("Benchmarks", "benches/README.md"),
            ("Contributing", "CONTRIBUTING.md"),
            ("Changes", "CHANGELOG.md"),
        ],
    ),
];

/// The places of all pages.
pub(crate) fn pages() -> impl Iterator<Item = &'static str> {
    let others = PARTS.iter().flat_map(|(_, pages)| pages.iter());
    std::iter::once(&FRONT).chain(others).map(|(_, place)| *place)
}

/// The table of contents, as mdBook reads it.
pub(crate) fn summary() -> String {
    let front = format!("# Summary\n\n[{}]({})\n", FRONT.0, FRONT.1);
    let parts = PARTS.iter().flat_map(|(title, pages)| {
        let pages = pages.iter().map(|(title, place)| format!("- [{title}]({place})\n"));
        std::iter::once(format!("\n# {title}\n\n")).chain(pages)
    });
    std::iter::once(front).chain(parts).collect()
}

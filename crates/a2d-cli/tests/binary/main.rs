//! End-to-end tests of the binary `a2d`. They stand here because cargo builds a binary only for tests
//! of its own package.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

// Attackers who know the detector.
mod adaptive;
// Crafting and measuring with every attack.
mod attacks;
// What bad input is answered with.
mod bad_input;
// What detectors flag, and where their thresholds lie.
mod detectors;
// What examples are crafted from, and what is left of them in 8 bits.
mod crafting;
// Colour images from an image folder.
mod cifar10;
// CLEVER scores, and what they and costs say of sets of images.
mod evidence;
// What programs are told, as its page says.
mod formats;
// A service, and its end.
mod serve;
// ImageNet from folders.
mod imagenet;
// Images from folders that are classes.
mod folders;
// The guide, as it stands.
mod guide;
// Work that several runs share out.
mod merge;
// Images as people have them.
mod images;
// Networks of one's own.
mod own_model;
// What outputs may be.
mod outputs;
// Costs of attacks that did not flip the label.
mod in_vain;
// Numbers that nothing can be computed with.
mod numbers;
// Inputs that come twice or were fitted on.
mod overlap;
// What the command line does for those who live in it.
mod manners;
// From images to verdicts.
mod pipeline;
// What is said where an attack or a network says nothing.
mod nothing_known;
// What float64 keeps the same, and what is kept apart.
mod precision;
// Files that are not what they seem.
mod reads;
// Interrupted work that goes on.
mod resume;
// Scores that are no costs.
mod scores;
// What scores images.
mod scoring;
// What is said where nobody listens.
mod terminal;
// Files and verdicts by several workers.
mod threads;
// A folder of files and commands for each test.
mod workplace;

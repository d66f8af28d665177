// This folder is all of the host. Without `root`, Next looks for lock files above it.
module.exports = { turbopack: { root: __dirname } };

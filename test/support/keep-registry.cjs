// Loaded into a relay before its own code. `globalThis.registry` gives inspectors access to its metrics,
// because `/metrics` is computed at most once per second.
const client = require('prom-client');

client.Registry = class extends client.Registry {
  constructor(...options) {
    super(...options);
    globalThis.registry = this;
  }
};

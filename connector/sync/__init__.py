"""The sync core: three snapshots in, a plan out, and the engine that carries plans out."""

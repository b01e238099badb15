"""What the same fits cost in other packages: seeded workloads, adapters, and the tables of the comparison."""

"""What the pages show, worked out from the mirror: functions over a store that return frozen values. No Flask, no HTTP."""

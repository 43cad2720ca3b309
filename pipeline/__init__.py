"""What the pages show, worked out from the mirror: functions over a store, frozen values out. No Flask, no HTTP."""

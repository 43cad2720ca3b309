"""What a record and a field are on each side. Pure: imports nothing that can block, fail or tell the time."""

"""The logic of delivery, without I/O, clock or tasks: the driver passes `now` in and awaits."""

//! What cannot be attached to is refused with the reason and the remedy.

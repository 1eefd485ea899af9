"""The parts of :mod:`gigafleet.verify`. None of them imports an extension module."""

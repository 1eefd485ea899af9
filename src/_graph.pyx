# cython: boundscheck=False, wraparound=False
# distutils: language = c++
"""Walks over Python graphs: NetworkX adjacency into arrays, names of sites into positions.

Both are bound by cache misses on scattered Python objects. So links are taken in blocks, in passes over the
block: each pass prefetches what the next one reads.
"""

from cpython.dict cimport PyDict_Check, PyDict_CheckExact, PyDict_GetItemWithError, PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_Check
from cpython.list cimport PyList_GET_SIZE
from cpython.long cimport PyLong_AsLong, PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF, Py_XINCREF
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np

from gigafleet.errors import InputError, InputTypeError

cdef extern from *:
    """
    static inline void prefetch(const void* p) { __builtin_prefetch(p); }
    static inline void prefetch_entries(PyObject* dict) {
        const char* keys = reinterpret_cast<const char*>(reinterpret_cast<PyDictObject*>(dict)->ma_keys);
        __builtin_prefetch(keys);
        __builtin_prefetch(keys + 64);
        __builtin_prefetch(keys + 128);
    }
    static inline void prefetch_item(PyObject* list, Py_ssize_t k) { __builtin_prefetch(PyList_GET_ITEM(list, k)); }
    """
    void prefetch(const void* p) nogil
    void prefetch_entries(PyObject* mapping) nogil
    void prefetch_item(list items, Py_ssize_t k)


cdef enum:
    BLOCK = 256
    MAX_COLUMNS = 8


cdef struct Entry:
    PyObject* u
    PyObject* v
    PyObject* data
    Py_ssize_t i, j


cdef double as_number(object value, str attribute, str owner) except? -1.0:
    """`value` as a double, for types other than float. Numbers only, so no strings."""
    if not isinstance(value, (str, bytes)):
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    raise InputTypeError.at(f"{attribute} of {owner}", repr(value), "a number")


cdef class Positions:
    """Vertex -> position. Vertices that are integers close to each other are looked up in an array."""

    cdef dict by_name
    cdef vector[int32_t] by_number
    cdef int64_t lowest

    def __cinit__(self, dict by_name):
        cdef Py_ssize_t at = 0
        cdef PyObject *key, *value
        cdef int overflow = 0
        cdef int64_t number, low = 0, high = -1
        self.by_name = by_name
        while PyDict_Next(by_name, &at, &key, &value):
            if not PyLong_CheckExact(<object>key):
                return
            number = PyLong_AsLongLongAndOverflow(<object>key, &overflow)
            if overflow or number < -(1 << 60) or number > (1 << 60):
                return
            if high < low:
                low = high = number
            low = min(low, number)
            high = max(high, number)
        if high < low or high - low >= 4 * len(by_name) + 1024:
            return
        self.lowest = low
        self.by_number.assign(high - low + 1, -1)
        at = 0
        while PyDict_Next(by_name, &at, &key, &value):
            self.by_number[PyLong_AsLong(<object>key) - low] = <int32_t>PyLong_AsLong(<object>value)

    cdef Py_ssize_t find(self, PyObject* name) except -2:
        """Position, or -1."""
        cdef int overflow = 0
        cdef int64_t number
        cdef PyObject* found
        if self.by_number.size() != 0 and PyLong_CheckExact(<object>name):
            number = PyLong_AsLongLongAndOverflow(<object>name, &overflow)
            if overflow or number < self.lowest or number - self.lowest >= <int64_t>self.by_number.size():
                return -1
            return self.by_number[number - self.lowest]
        found = PyDict_GetItemWithError(self.by_name, <object>name)
        return -1 if found == NULL else PyLong_AsLong(<object>found)


cdef class Walk:
    """What a walk has gathered: ends and attribute values of the links so far."""

    cdef Positions positions
    cdef tuple attributes, defaults
    cdef int columns
    cdef bint both_ways  # each link comes twice: take it where its later end is the neighbour
    cdef vector[int32_t] tail, head
    cdef vector[vector[double]] value
    cdef Py_ssize_t loops
    cdef object first_loop
    cdef Entry block[BLOCK]
    cdef int size
    cdef PyObject* found[BLOCK]

    def __cinit__(self, Positions positions, tuple attributes, tuple defaults, bint both_ways):
        self.positions = positions
        self.attributes, self.defaults = attributes, defaults
        self.columns = len(attributes)
        self.both_ways = both_ways
        self.value.resize(self.columns)

    cdef inline int push(self, Py_ssize_t i, PyObject* u, PyObject* v, PyObject* data) except -1:
        cdef Entry* entry = &self.block[self.size]
        entry.i, entry.u, entry.v, entry.data = i, u, v, data
        prefetch(v)
        self.size += 1
        return self.flush() if self.size == BLOCK else 0

    cdef int flush(self) except -1:
        """Takes over the block. No Python code runs in it, but for hashing vertices that are neither integers
        nor strings and for reading values of rare types: then the objects of the block are held meanwhile."""
        cdef int k, count = self.size
        cdef bint hold = False
        cdef Entry held[BLOCK]
        self.size = 0
        for k in range(count):
            if not PyLong_CheckExact(<object>self.block[k].v) and not PyUnicode_CheckExact(<object>self.block[k].v):
                hold = True
        if not hold:
            return self.take(count)
        memcpy(held, self.block, count * sizeof(Entry))
        for k in range(count):
            Py_XINCREF(held[k].u)
            Py_XINCREF(held[k].v)
            Py_XINCREF(held[k].data)
        try:
            self.take(count)
        finally:
            for k in range(count):
                Py_XDECREF(held[k].u)
                Py_XDECREF(held[k].v)
                Py_XDECREF(held[k].data)
        return 0

    cdef int take(self, int count) except -1:
        cdef int k, c, kept = 0
        cdef Entry* entry
        for k in range(count):
            entry = &self.block[k]
            entry.j = self.positions.find(entry.v)
            if entry.j < 0:
                raise InputError.at("graph", f"a neighbour {<object>entry.v!r} that is no vertex", "vertices only")
            if entry.j < entry.i and self.both_ways:
                continue
            if entry.j == entry.i:
                if self.loops == 0:
                    self.first_loop = <object>entry.u
                self.loops += 1
                continue
            prefetch(entry.data)
            self.block[kept] = entry[0]
            kept += 1
        for k in range(kept):
            entry = &self.block[k]
            if not PyDict_Check(<object>entry.data):
                raise InputTypeError.at(self.link(entry), repr(<object>entry.data), "a dict of attributes")
            prefetch_entries(entry.data)
            self.tail.push_back(<int32_t>entry.i)
            self.head.push_back(<int32_t>entry.j)
        for c in range(self.columns):
            self.take_column(c, kept)
        return 0

    cdef int take_column(self, int c, int count) except -1:
        cdef object attribute = self.attributes[c], default = self.defaults[c]
        cdef double missing = 0 if default is None else default
        cdef vector[double]* column = &self.value[c]
        cdef size_t first = column.size()
        cdef int k
        cdef list rare = []
        cdef int overflow
        cdef int64_t whole = 0
        cdef Entry* entry
        for k in range(count):
            self.found[k] = PyDict_GetItemWithError(<object>self.block[k].data, attribute)
            prefetch(self.found[k])
        for k in range(count):
            if self.found[k] == NULL:
                if default is None:
                    raise InputError.at(f"{attribute} of {self.link(&self.block[k])}", "no value", "a number, or a default")
                column.push_back(missing)
            elif PyFloat_Check(<object>self.found[k]):
                column.push_back(PyFloat_AS_DOUBLE(<object>self.found[k]))
            else:
                overflow = 1
                if PyLong_CheckExact(<object>self.found[k]):
                    whole = PyLong_AsLongLongAndOverflow(<object>self.found[k], &overflow)
                if overflow:
                    entry = &self.block[k]
                    rare.append((k, <object>self.found[k], <object>entry.u, <object>entry.v))
                column.push_back(0 if overflow else <double>whole)
        for k, number, u, v in rare:
            column[0][first + k] = as_number(number, attribute, f"link {(u, v)!r}")
        return 0

    cdef str link(self, Entry* entry):
        return f"link {(<object>entry.u, <object>entry.v)!r}"

    cdef tuple arrays(self):
        cdef int c
        cdef list columns = []
        cdef int32_t[::1] ends
        cdef double[::1] numbers
        cdef size_t links = self.tail.size()
        tail, head = np.empty(links, np.int32), np.empty(links, np.int32)
        for c in range(self.columns):
            columns.append(np.empty(links, np.float64))
        if links:
            ends = tail
            memcpy(&ends[0], self.tail.data(), links * sizeof(int32_t))
            ends = head
            memcpy(&ends[0], self.head.data(), links * sizeof(int32_t))
            for c in range(self.columns):
                numbers = columns[c]
                memcpy(&numbers[0], self.value[c].data(), links * sizeof(double))
        return tail, head, tuple(columns)


cdef dict as_dict(object mapping, list keep):
    """The mapping itself where it is a dict; else (a view on a graph) a copy, held by `keep`."""
    if PyDict_CheckExact(mapping):
        return <dict>mapping
    cdef dict copy = dict(mapping)
    keep.append(copy)
    return copy


def walk(adjacency, bint directed, bint multigraph, tuple attributes, tuple defaults):
    """Links of a NetworkX adjacency, in the order of ``graph.edges``.

    Parameters
    ----------
    adjacency
        Vertex -> neighbour -> data; in a multigraph neighbour -> key -> data.
    directed, multigraph
        What kind of graph it is. An undirected one has each link twice; it is taken where it is first met.
    attributes, defaults
        Numeric attributes to read, and what stands for a missing one (``None``: missing is an error).

    Returns
    -------
    positions : dict
        Vertex -> position, in the order of the adjacency.
    tail, head : (links,) int32 arrays
    columns : tuple of (links,) float64 arrays
        One per attribute.
    loops : int
        Self-loops left out.
    first_loop
        The vertex of the first of them, or None.

    Raises
    ------
    InputError, InputTypeError
        A missing value or one that is no number; the message names the attribute and the ends of the link.
    """
    cdef list keep = []
    cdef dict outer = as_dict(adjacency, keep), inner, parallel, positions
    cdef PyObject *u, *near, *v, *data, *key
    cdef Py_ssize_t at = 0, at_inner, at_key, i = -1
    cdef Walk found

    positions = {vertex: place for place, vertex in enumerate(outer)}
    if len(positions) > 0x7FFFFFFF:
        raise InputError.at("graph", f"{len(positions)} vertices", "at most 2147483647")
    found = Walk(Positions(positions), attributes, defaults, not directed)
    while PyDict_Next(outer, &at, &u, &near):
        i += 1
        inner = as_dict(<object>near, keep)
        at_inner = 0
        while PyDict_Next(inner, &at_inner, &v, &data):
            if not multigraph:
                found.push(i, u, v, data)
                continue
            parallel = as_dict(<object>data, keep)
            at_key = 0
            while PyDict_Next(parallel, &at_key, &key, &data):
                found.push(i, u, v, data)
    found.flush()
    tail, head, columns = found.arrays()
    return positions, tail, head, columns, found.loops, found.first_loop


def numbers(list data, str attribute, double default, list names):
    """Attribute of every vertex as a float64 array; `data` and `names` hold their dicts and names in order.

    Raises InputTypeError naming attribute and vertex where a value is no number.
    """
    values = np.empty(len(data), np.float64)
    if not data:
        return values
    cdef double[::1] out = values
    cdef Py_ssize_t k
    cdef object value
    for k in range(len(data)):
        value = (<dict>data[k]).get(attribute)
        if value is None:
            out[k] = default
        elif PyFloat_Check(value):
            out[k] = PyFloat_AS_DOUBLE(value)
        else:
            out[k] = as_number(value, attribute, f"vertex {names[k]!r}")
    return values


def map_names(list names, dict positions, str argument, Py_ssize_t first_row=0):
    """Positions of names as an int32 array. O(names).

    Raises InputError naming `argument` and the row (`names[0]` is row `first_row`) of a name that is not in
    `positions`, InputTypeError where it cannot be one (not hashable).
    """
    cdef Py_ssize_t k, rows = PyList_GET_SIZE(names)
    cdef PyObject* found
    cdef object name
    result = np.empty(rows, np.int32)
    if rows == 0:
        return result
    cdef int32_t[::1] out = result
    for k in range(rows):
        if PyList_GET_SIZE(names) != rows:
            raise RuntimeError("the list changed while it was read")
        if k + 8 < rows:
            prefetch_item(names, k + 8)
        name = names[k]
        try:
            found = PyDict_GetItemWithError(positions, name)
        except TypeError:
            raise InputTypeError.at(argument, repr(name), "a hashable name", row=first_row + k) from None
        if found == NULL:
            raise InputError.at(argument, repr(name), "a site of the network", row=first_row + k)
        out[k] = <int32_t>PyLong_AsLong(<object>found)
    return result

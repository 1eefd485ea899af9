"""OR-Tools' PDLP, a first-order method, on the linear relaxation; rounded by first fit."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from ortools.pdlp import solve_log_pb2, solvers_pb2
from ortools.pdlp.python import pdlp

from peers import first_fit
from peers.answer import Answer
from peers.folded import Folded
from peers.instance import Instance
from peers.relaxation import Relaxation, relax


def _program(relaxed: Relaxation) -> pdlp.QuadraticProgram:
    rows, columns = len(relaxed.lower), len(relaxed.cost)
    program = pdlp.QuadraticProgram()
    program.objective_vector = relaxed.cost
    program.constraint_matrix = scipy.sparse.csc_matrix(
        (relaxed.value, relaxed.index, relaxed.start), (rows, columns)
    )
    program.constraint_lower_bounds, program.constraint_upper_bounds = relaxed.lower, relaxed.upper
    program.variable_lower_bounds = np.zeros(columns)
    program.variable_upper_bounds = np.full(columns, np.inf)
    return program


def solve(instance: Instance, limit_s: float, tolerance: float) -> Answer:
    """Until the relative and the absolute tolerance are met."""
    folded = Folded(instance)
    settings = solvers_pb2.PrimalDualHybridGradientParams(num_threads=2)
    settings.termination_criteria.time_sec_limit = limit_s
    optimal = settings.termination_criteria.simple_optimality_criteria
    optimal.eps_optimal_relative = optimal.eps_optimal_absolute = tolerance
    result = pdlp.primal_dual_hybrid_gradient(_program(relax(folded)), settings)
    x = np.maximum(result.primal_solution, 0)
    why = solve_log_pb2.TerminationReason.Name(result.solve_log.termination_reason)
    return Answer(first_fit.place(folded, wanted=x[: folded.pairs]), why.removeprefix("TERMINATION_REASON_"))

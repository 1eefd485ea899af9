"""AI Factory sites and the default places of the five gigafactories.

The AI Factories are the 19 sites selected by October 2025, compiled from press pages (named above the
rows); positions are city centres rounded to 0.01 degree. Chips are published for JUPITER only (24,000
planned); an AI Factory is described as having up to 25,000 advanced chips, a gigafactory about 100,000.
Where a source names no city, the country's capital stands in (``city`` is None).

Where the gigafactories will stand is undecided. The default puts them next to five AI Factories far apart;
it is an assumption of this package, and a parameter of :func:`gigafleet.scenarios.europe`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["AI_FACTORIES", "GIGAFACTORIES", "Campus"]


class Campus(NamedTuple):
    """A campus of accelerators.

    Parameters
    ----------
    name : str
        Name of the site (a vertex of the network).
    country : str
        ISO code of two letters.
    city : str or None
        Host city; None: not stated by the source, the capital stands in.
    lat, lon : float or None
        Degrees; None: the position of the city (or of the capital).
    chips : int or None
        Accelerators on the campus; None: the preset's default.
    """

    name: str
    country: str
    city: str | None = None
    lat: float | None = None
    lon: float | None = None
    chips: int | None = None


AI_FACTORIES: Final = (
    # Selected in December 2024 (datacenterdynamics.com, "EuroHPC JU names seven AI factory hosting sites").
    Campus("Bologna factory", "IT", "Bologna", 44.49, 11.34),  # IT4LIA
    Campus("Barcelona factory", "ES", "Barcelona", 41.39, 2.17),  # BSC AIF
    Campus("Kajaani factory", "FI", "Kajaani", 64.23, 27.73),  # LUMI AIF
    Campus("Bissen factory", "LU", "Bissen", 49.79, 6.07),  # MeluXina-AI
    Campus("Linköping factory", "SE", "Linköping", 58.41, 15.62),  # MIMER
    Campus("Stuttgart factory", "DE", "Stuttgart", 48.78, 9.18),  # HammerHAI
    Campus("Athens factory", "GR", "Athens", 37.98, 23.73),  # Pharos
    # Selected in March 2025 (techzine.eu 129602; babl.ai 7235; put.poznan.pl; therecursive.com).
    Campus("Vienna factory", "AT", "Vienna", 48.21, 16.37),  # AI:AT
    Campus("Sofia factory", "BG", "Sofia", 42.70, 23.32),  # BRAIN++
    Campus("AI2F factory (FR)", "FR"),  # hosted by GENCI, city not stated
    # 24,000 chips planned: glennklockwood.com, garden/systems/JUPITER
    Campus("Jülich factory", "DE", "Jülich", 50.92, 6.36, 24_000),
    Campus("Poznań factory", "PL", "Poznań", 52.41, 16.93),  # PIAST
    Campus("SLAIF factory (SI)", "SI"),  # city not stated
    # Selected in October 2025 (thorstenmeyerai.com; wam.ae of 2025-10-11; daynews.space).
    Campus("Groningen factory", "NL", "Groningen", 53.22, 6.57),
    Campus("Third-wave factory (CZ)", "CZ"),
    Campus("Third-wave factory (LT)", "LT"),
    Campus("Third-wave factory (PL)", "PL"),
    Campus("Third-wave factory (RO)", "RO"),
    Campus("Third-wave factory (ES)", "ES"),
)

GIGAFACTORIES: Final = (
    Campus("Jülich gigafactory", "DE", "Jülich", 50.92, 6.36),
    Campus("Barcelona gigafactory", "ES", "Barcelona", 41.39, 2.17),
    Campus("Bologna gigafactory", "IT", "Bologna", 44.49, 11.34),
    Campus("Kajaani gigafactory", "FI", "Kajaani", 64.23, 27.73),
    Campus("Poznań gigafactory", "PL", "Poznań", 52.41, 16.93),
)

"""Facts by country and by hour that the scenarios use.

Sources and licences:

* ``passenger_cars``: stock of 2021 (Czech Republic 2020), summed from DLR EU-ZEVAM, CC BY-SA 4.0
  (attribution: German Aerospace Center (DLR), EU-ZEVAM; these figures stay under that licence).
* ``carbon_g_per_kwh``: gCO2e per kWh of 2023 (Iceland 2022), Our World in Data, CC BY 4.0, as packaged in
  codecarbon 3.3.2.
* ``wholesale_eur_per_mwh``: mean of the monthly day-ahead prices of 2024 published by Ember, CC BY 4.0; NaN
  where there is none (CY, IS, MT); there the scenarios take the mean of the EU27 weighted by cars.
* ``PARKED_SHARE``: share of cars parked by hour of day, computed from the German survey statistics
  packaged in emobpy 0.6.2, MIT. Parked does not mean plugged in.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["COUNTRIES", "EU27", "PARKED_SHARE", "Country", "fill_wholesale"]

_NAN: Final = float("nan")


class Country(NamedTuple):
    """One country: ISO code, name, EU27 member, cars, carbon in g/kWh, wholesale in EUR/MWh (or NaN)."""

    code: str
    name: str
    eu27: bool
    passenger_cars: int
    carbon_g_per_kwh: float
    wholesale_eur_per_mwh: float


COUNTRIES: Final[dict[str, Country]] = {
    row.code: row
    for row in (
        Country("AT", "Austria", True, 5_133_836, 110.8, 81.18),
        Country("BE", "Belgium", True, 5_851_466, 138.1, 70.28),
        Country("BG", "Bulgaria", True, 2_830_588, 335.3, 102.45),
        Country("HR", "Croatia", True, 1_794_352, 205.0, 94.62),
        Country("CY", "Cyprus", True, 592_156, 534.3, _NAN),
        Country("CZ", "Czech Republic", True, 6_293_085, 449.7, 85.06),
        Country("DK", "Denmark", True, 2_787_553, 151.7, 70.67),
        Country("EE", "Estonia", True, 825_926, 416.7, 87.12),
        Country("FI", "Finland", True, 2_755_349, 79.2, 45.62),
        Country("FR", "France", True, 39_371_342, 56.0, 57.94),
        Country("DE", "Germany", True, 48_540_840, 380.9, 77.75),
        Country("GR", "Greece", True, 5_458_616, 336.6, 100.67),
        Country("HU", "Hungary", True, 4_020_156, 204.2, 100.71),
        Country("IS", "Iceland", False, 227_496, 27.7, _NAN),
        Country("IE", "Ireland", True, 2_248_914, 290.8, 108.97),
        Country("IT", "Italy", True, 39_822_723, 330.7, 108.43),
        Country("LV", "Latvia", True, 758_207, 123.2, 87.28),
        Country("LT", "Lithuania", True, 1_262_284, 160.1, 87.2),
        Country("LU", "Luxembourg", True, 443_301, 105.3, 77.75),
        Country("MT", "Malta", True, 308_358, 459.1, _NAN),
        Country("NL", "Netherlands", True, 8_827_697, 267.6, 77.24),
        Country("NO", "Norway", False, 2_842_245, 30.1, 38.66),
        Country("PL", "Poland", True, 19_160_878, 661.9, 96.19),
        Country("PT", "Portugal", True, 5_632_644, 165.6, 63.32),
        Country("RO", "Romania", True, 7_611_039, 240.6, 103.41),
        Country("SK", "Slovakia", True, 2_473_678, 116.8, 92.63),
        Country("SI", "Slovenia", True, 1_189_457, 231.3, 91.29),
        Country("ES", "Spain", True, 24_940_969, 174.1, 62.91),
        Country("SE", "Sweden", True, 4_986_748, 40.7, 36.12),
        Country("CH", "Switzerland", False, 4_746_616, 34.8, 75.94),
        Country("GB", "United Kingdom", False, 32_407_473, 237.6, 85.7),
    )
}

EU27: Final = tuple(row.code for row in COUNTRIES.values() if row.eu27)

# Share of cars parked in hour 0 to 23, six hours a line.
_PARKED: Final = {
    "weekdays": """
        0.99380 0.99584 0.99701 0.99701 0.99701 0.99701
        0.99134 0.98836 0.98718 0.93889 0.91384 0.89766
        0.88869 0.88736 0.89894 0.90542 0.90799 0.92180
        0.92830 0.93087 0.95740 0.97060 0.97581 0.98862
    """,
    "saturday": """
        0.99187 0.99400 0.99522 0.99523 0.99523 0.99523
        0.99321 0.99215 0.99173 0.96715 0.95434 0.93952
        0.93148 0.92944 0.93507 0.93863 0.94005 0.94262
        0.94356 0.94393 0.96144 0.97054 0.97414 0.98646
    """,
    "sunday": """
        0.99298 0.99551 0.99696 0.99697 0.99697 0.99697
        0.99594 0.99539 0.99518 0.97498 0.96442 0.94840
        0.93978 0.93730 0.93095 0.92834 0.92731 0.93237
        0.93534 0.93651 0.95726 0.96783 0.97201 0.98657
    """,
}
PARKED_SHARE: Final = {day: tuple(float(share) for share in text.split()) for day, text in _PARKED.items()}


def fill_wholesale(codes: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the wholesale price (EUR/MWh) of each country; the EU27 mean by cars where none is published."""
    known = [COUNTRIES[code] for code in EU27 if COUNTRIES[code].wholesale_eur_per_mwh > 0]
    cars = [row.passenger_cars for row in known]
    mean = np.average([row.wholesale_eur_per_mwh for row in known], weights=cars)
    price = np.array([COUNTRIES[code].wholesale_eur_per_mwh for code in codes], np.float64)
    return np.where(np.isnan(price), mean, price)

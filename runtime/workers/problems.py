"""What keeps a program with several workers from being ready."""

from collections.abc import Mapping

#: What is wrong with each part of a program that cannot be used.
Problems = Mapping[str, str]


def of_all(problems: Mapping[int, Problems]) -> dict[str, str]:
    """Return the problems of all workers as those of one program.

    A problem that all workers have, such as an outage of MongoDB, is listed once. All others are
    listed with the number of their worker. `problems` has those of each worker, by its number.
    """
    first, *others = problems.values()
    common = {
        part: reason
        for part, reason in first.items()
        if all(each.get(part) == reason for each in others)
    }
    of_one = {
        f"{part} (worker {number})": reason
        for number, each in problems.items()
        for part, reason in each.items()
        if common.get(part) != reason
    }
    return {**common, **of_one}

"""Mistakes that one could make in the truth of the street, each with the test that catches it."""

from tests.mutations import Edit, Mutation

FITS = "pipeline/street/words/fits.py"
CLAIMS = "pipeline/street/words/claims.py"
CROPS = "pipeline/street/footage/crops.py"
STILL_PLAN = "pipeline/street/footage/still_plan.py"
WALKING = "pipeline/street/footage/walking.py"
SIGHTING = "pipeline/street/rendering/sighting.py"
CHOOSING = "pipeline/street/recipe/choosing.py"
HALVES = "detectors/mixed_precision.py"

_STREET = "tests/unit/pipeline/street"
_OF_HALVES = "tests/unit/detectors/test_mixed_precision.py"


def _street(mistake: str, test: str, file: str, old: str, new: str) -> Mutation:
    return Mutation(mistake, f"{_STREET}/{test}", None, (Edit(file, old, new),))


_WORDS = [
    _street("a top seen under a closed coat", "test_fits.py::"
        "test_nobody_sees_a_top_under_a_closed_coat",
        FITS, "return (look.outer, look.top) if shows else (look.outer,)",
        "return (look.outer, look.top)"),
    _street("a short skirt seen below a long coat", "test_fits.py::"
        "test_only_what_is_longer_shows_below_a_closed_coat",
        FITS, "return over.hem - cut.hem >= _LEAST_BELOW_M",
        "return over.hem - cut.hem >= -_LEAST_BELOW_M * 20"),
    _street("the colours of a print named in either order", "test_fits.py::"
        "test_words_are_no_more_generous_than_that",
        FITS, "return garment.pattern in _EVEN and _colours_fit(",
        "return _colours_fit("),
    _street("a bun taken for hanging hair", "test_fits.py::"
        "test_hair_is_judged_by_length_style_and_colour",
        FITS, '{hair.style} if hair.style == "bun" else {hair.style, hair.length}',
        "{hair.style, hair.length}"),
    _street("navy that covers blue", "test_fits.py::"
        "test_words_are_no_more_generous_than_that",
        CLAIMS, '"navy": (Shade("navy"),)', '"navy": (Shade("navy"), Shade("blue"))'),
    _street("a shade that ends nowhere", "test_fits.py::"
        "test_words_are_no_more_generous_than_that",
        CLAIMS, "colour == self.colour and low <= lightness <= high",
        "colour == self.colour and low <= lightness"),
]  # fmt: skip

_FOOTAGE = [
    _street("left taken for right", "test_sighting.py::"
        "test_a_camera_sees_the_side_that_is_turned_to_it",
        CROPS, 'return "left" if turn > 0 else "right"', 'return "left" if turn < 0 else "right"'),
    _street("crops of whoever is hidden", "test_sighting.py::"
        "test_who_hides_or_is_small_gets_no_crop",
        CROPS, "box is None or seen.visible < LEAST_VISIBLE or", "box is None or"),
    _street("what lies below a crop forgotten", "test_sighting.py::"
        "test_crops_are_off_by_a_little_and_sometimes_lose_the_feet",
        CROPS, "(full.y2 - kept.y2) / tall", "(kept.y2 - full.y2) / tall"),
    _street("people in the same order each round", "test_still_plan.py::"
        "test_people_are_met_in_another_order_each_round",
        STILL_PLAN, "group * stills.rounds + turn)", "group)"),
    _street("a camera that backs into the wall", "test_still_plan.py::"
        "test_a_camera_hung_elsewhere_moves_away_from_the_wall_behind_it_and_the_ceiling",
        STILL_PLAN, "np.add(camera.eye, inward * ahead", "np.subtract(camera.eye, inward * ahead"),
    _street("a turn at once", "test_walking.py::"
        "test_a_corner_is_turned_little_by_little",
        WALKING, "near = [metres - TURN_M, metres + TURN_M]",
        "near = [metres, metres + 2 * TURN_M]"),
    _street("aside to the right", "test_walking.py::test_aside_is_to_the_left",
        WALKING, "x - aside_m * math.sin(heading), y + aside_m * math.cos(heading)",
        "x + aside_m * math.sin(heading), y - aside_m * math.cos(heading)"),
    _street("what lies outside the frame counted as shown", "test_sighting.py::"
        "test_what_lies_outside_the_frame_does_not_show",
        SIGHTING, ", 1.0) * outline.inside", ", 1.0)"),
    _street("a visible box that ends a pixel early", "test_sighting.py::"
        "test_what_shows_is_counted_by_owner",
        SIGHTING, "float(columns[-1] + 1), float(rows[-1] + 1)",
        "float(columns[-1]), float(rows[-1])"),
]  # fmt: skip

_LEARNING = [
    _street("infrared crops that teach colours", "test_choosing.py::"
        "test_small_hidden_and_infrared_people_are_left_out",
        CHOOSING, 'crop["light"] == "infrared"', 'crop["light"] == "night"'),
    _street("the shortest sentences chosen", "test_choosing.py::"
        "test_the_longest_sentences_stay_in_their_order",
        CHOOSING, "[-SENTENCES_EACH:]", "[:SENTENCES_EACH]"),
    Mutation("a network that computes in float32 after all",
        f"{_OF_HALVES}::test_the_loss_is_nearly_that_of_float32_and_of_that_type", None,
        (Edit(HALVES, "torch.autocast(device, torch.bfloat16)",
            "torch.autocast(device, torch.bfloat16, enabled=False)"),)),
    Mutation("a loss in halves",
        f"{_OF_HALVES}::test_the_loss_is_nearly_that_of_float32_and_of_that_type", None,
        (Edit(HALVES, "return value.float()", "return value"),)),
]  # fmt: skip

MUTATIONS = [*_WORDS, *_FOOTAGE, *_LEARNING]

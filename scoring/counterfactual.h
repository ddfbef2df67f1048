/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * counterfactual.h - what would have had to be different for an alert not to be one
 *
 * The contributions of an alert add up, and each detector can say in half a sentence what would have made its
 * own part dull. So for each part it is known what the score would have been without it. Said are the single
 * things that would have sufficed; where none would, the fewest that would have together, largest first.
 * Pure arithmetic and words.
 */
#pragma once
#include "scoring/alert.h"

enum { COUNTERFACTUAL_WORDS = 120 };
/* @instead: for each contribution (largest first) half a sentence, "a far end that is no home line"; empty:
 * nothing to say. Fills alert->counterfactual; never empty. */
void counterfactual_write(Alert *alert, char (*instead)[COUNTERFACTUAL_WORDS]);

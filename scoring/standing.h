/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * standing.h - which sorts of pairs watch-standing.c knows and by which traits it compares them; and its
 * words
 *
 * The numbers of a case: days, conversations, the share of the role that keeps up such a sort, the share of
 * those with the rarest trait, that trait plus N_WORDS times the sort, how many others know the far end's
 * block, one more than the logarithm (base 2) of the beats or 0, who called. Where the far end stands on a
 * list (list.h), LISTED stands for the rarest trait. Scoring thread.
 */
#pragma once
#include "scoring/watch.h"

enum { CALLED = 0, CALLED_BY, SPOKEN_WITH };
enum { SORT_HOME = 1, SORT_SECRET = 2, SORTS = 4 }; /* bits: a home line; known to few others */
/* How much the two have to do with each other; then in which manner. */
typedef enum Trait {
    TRAIT_CROWD = 0,
    TRAIT_PORT,
    TRAIT_CALLS,
    TRAIT_VOLUME,
    TRAIT_LONG,
    N_TRAITS,
    FIRST_MANNER = TRAIT_VOLUME,
    LISTED = N_TRAITS, /* in words alone */
    N_WORDS
} Trait;

/* Grades, 0 the rarest: of how many others know the far end's block; of calls a day; of octets sent a day
 * beyond what came back. */
uint32_t standing_grade_of_crowd(uint32_t others);
uint32_t standing_grade_of_calls(double a_day);
uint32_t standing_grade_of_volume(double octets_a_day);
/* As of struct Watch. */
void standing_explain(const Scorer *scorer, const Case *one, char *out, size_t room);
void standing_instead(const Scorer *scorer, const Case *one, char *out, size_t room);

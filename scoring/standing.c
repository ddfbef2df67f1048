/* SPDX-License-Identifier: GPL-3.0-or-later */
/* standing.c - see standing.h */
#include "scoring/standing.h"
#include "scoring/detector.h"

#include <math.h>
#include <stdio.h>

static const uint8_t udp = 17;

uint32_t
standing_grade_of_crowd(uint32_t others)
{
    return others == 0 ? 0 : others == 1 ? 1 : others < 4 ? 2 : others < 10 ? 3 : 4;
}

/* Three hundred a day and more, a hundred, thirty, ten, three; fewer. */
uint32_t
standing_grade_of_calls(double a_day)
{
    static const double least[] = { 300, 100, 30, 10, 3 };
    uint32_t grade = 0;

    while (grade < G_N_ELEMENTS(least) && a_day < least[grade])
        grade++;
    return grade;
}

/* Beyond what came back: a gigabyte a day and more, and down by factors of ten to less than ten kilobytes. */
uint32_t
standing_grade_of_volume(double octets_a_day)
{
    return (uint32_t)fmin(6, fmax(0, ceil(9 - log10(fmax(1, octets_a_day)))));
}

/* Which sort of far ends, and what is rare about it among those; @rarest is empty where the sort is. */
typedef struct Words {
    const char *sort, *rarest;
} Words;

static Words
words_of(const Case *one)
{
    static const char *const sorts[SORTS] = { "networks that others know", "home lines that others know",
                                              "networks that few others know",
                                              "home lines that few others know" };
    static const char *const traits[N_WORDS] = {
        " and so few know",       " on a port as rare",
        " as often a day",        " and send so much more than comes back",
        " for so long at a time", " that stand on a list"
    };
    uint32_t both = (uint32_t)fmin(255, fmax(0, (double)one->numbers[4]));
    bool is_sort = one->numbers[2] < one->numbers[3];

    return (Words){ sorts[both / N_WORDS % SORTS], is_sort ? "" : traits[both % N_WORDS] };
}

static const char *
protocol_words(const Case *one)
{
    return one->protocol == udp ? "/udp" : "/tcp";
}

void
standing_explain(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    static const char *const callers[] = { "has called", "has been called by", "has spoken with" };
    const Place *place = place_table_find(scorer->places, &one->far);
    Words words = words_of(one);
    char name[80], far[IP_TEXT], port[24] = "", beats[60] = "", rarest[80] = "";

    detector_asset_words(&scorer->assets[one->asset], name, sizeof name);
    ip_text(&one->far, far);
    if (one->service != 0)
        g_snprintf(port, sizeof port, " on port %u%s", one->service, protocol_words(one));
    if (one->numbers[6] >= 1)
        g_snprintf(beats, sizeof beats, ", %.0f and more of them by the clock",
                   exp2((double)one->numbers[6] - 1));
    if (words.rarest[0] != '\0')
        g_snprintf(rarest, sizeof rarest, ", %.3g %% of these%s", 100 * (double)one->numbers[3],
                   words.rarest);
    g_snprintf(
        out, room,
        "%s %s %s (AS %u, %s, its block known to %.0f others)%s for %.0f days, in %.0f conversations%s; of "
        "its role "
        "%.3g %% keep up something with %s%s; all in all it is odder than what %.4g %% of the assets keep up",
        name, callers[(int)fmin(SPOKEN_WITH, fmax(0, (double)one->numbers[7]))], far, place->asn,
        access_class_name((AccessClass)place->access), (double)one->numbers[5], port, (double)one->numbers[0],
        (double)one->numbers[1], beats, 100 * (double)one->numbers[2], words.sort, rarest,
        fmin(99.99, 100 * (1 - (double)one->p)));
}

void
standing_instead(const Scorer *scorer, const Case *one, char *out, size_t room)
{
    Words words = words_of(one);

    g_snprintf(out, room, "others of the %u of its role that keep up something with %s%s",
               scorer->roles[scorer->assets[one->asset].role].assets, words.sort, words.rarest);
}

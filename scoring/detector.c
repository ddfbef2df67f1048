/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detector.c - the table of detectors, and how their answers become one score; see detector.h */
#include "scoring/detector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One file each. */
#define QUESTION(name, kind, weight, says)                                                                   \
#name, kind, weight, says, name##_look, name##_explain, name##_instead
/* All but the name stands in the watch's own row (watch.h). */
#define WATCH(name, says) #name, DETECTOR_WATCH, 0, says, NULL, NULL, NULL

const Detector detectors[] = {
    { QUESTION(volume_out, DETECTOR_WINDOW, 0, NAME_VAGUE) },
    { QUESTION(residential_path, DETECTOR_LEAD, 0.7, NAME_PATH) },
    { QUESTION(new_peer, DETECTOR_LEAD, 0.3, NAME_VAGUE) },
    { QUESTION(fleet_rarity, DETECTOR_SUPPORT, 0, NAME_NOTHING) },
    { QUESTION(new_egress, DETECTOR_SUPPORT, 0, NAME_NOTHING) },
    { QUESTION(odd_port, DETECTOR_SUPPORT, 0, NAME_NOTHING) },
    { QUESTION(quiet_long, DETECTOR_SUPPORT, 0, NAME_NOTHING) },
    { WATCH(awakened, NAME_EXACT) },
    { WATCH(beacon, NAME_EXACT) },
    { WATCH(home_login, NAME_EXACT) },
    { WATCH(listed, NAME_NOTHING) },
    { WATCH(router_endpoint, NAME_EXACT) },
    { WATCH(relay, NAME_EXACT) },
    { WATCH(new_service, NAME_EXACT) },
    { WATCH(scan, NAME_EXACT) },
    { WATCH(spray, NAME_EXACT) },
    { WATCH(tunnel, NAME_APT) },
    { WATCH(admin_edge, NAME_VAGUE) },
    { WATCH(flood, NAME_EXACT) },
    { WATCH(volume_in, NAME_APT) },
    { WATCH(fan_in, NAME_APT) },
    { WATCH(fan_out, NAME_APT) },
    { WATCH(ratio, NAME_APT) },
    { WATCH(slow_exfiltration, NAME_APT) },
    { WATCH(hoarding, NAME_APT) },
    { WATCH(egress_change, NAME_EXACT) },
    { WATCH(exporter_change, NAME_EXACT) },
    { WATCH(standing, NAME_NOTHING) },
    { WATCH(fast_beacon, NAME_EXACT) },
};
#undef QUESTION
#undef WATCH
const uint32_t n_detectors = G_N_ELEMENTS(detectors);
G_STATIC_ASSERT(G_N_ELEMENTS(detectors) <= MOST_DETECTORS);

uint32_t
detector_index(const char *name)
{
    for (uint32_t i = 0; i < n_detectors; i++)
        if (strcmp(detectors[i].name, name) == 0)
            return i;
    return NONE;
}

/*
 * The leads' e-values are averaged. The decibans of the average are shared out by what each put in, so that
 * the parts add up to the whole.
 */
static double
score_leads(const DetectorView *view, Contact *contact, double trust)
{
    double e[MOST_DETECTORS] = { 0 }, sum = 0, shared = 0;

    for (uint32_t i = 0; i < n_detectors; i++) {
        Finding *finding = &contact->findings[i];
        if (detectors[i].kind != DETECTOR_LEAD)
            continue;
        finding->has = detectors[i].look(view, finding);
        e[i] = detectors[i].weight * (finding->has ? e_of_decibans((double)finding->decibans) : e_of_p(1));
        sum += e[i];
        shared += finding->has ? e[i] : 0;
    }
    double whole = decibans_of(trust * sum + (1 - trust));
    for (uint32_t i = 0; i < n_detectors; i++)
        if (detectors[i].kind == DETECTOR_LEAD) {
            contact->findings[i].decibans =
                (float)(contact->findings[i].has && shared > 0 ? whole * e[i] / shared : 0);
            if (!contact->findings[i].has)
                contact->findings[i].p = 1;
        }
    return whole;
}

double
detectors_score_contact(const DetectorView *view, Contact *contact, double trust)
{
    double score = score_leads(view, contact, trust);

    for (uint32_t i = 0; i < n_detectors; i++) {
        Finding *finding = &contact->findings[i];
        if (detectors[i].kind != DETECTOR_SUPPORT)
            continue;
        finding->has = detectors[i].look(view, finding);
        if (!finding->has)
            continue;
        finding->decibans =
            (float)decibans_of(trust * e_of_decibans((double)finding->decibans) + (1 - trust));
        score += (double)finding->decibans;
    }
    contact->score = (float)score;
    return score;
}

void
detector_octets_words(double octets, char out[32])
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    int unit = 0;

    while (octets >= 1000 && unit < 4) {
        octets /= 1000;
        unit++;
    }
    g_snprintf(out, 32, octets < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", octets, units[unit]);
}

void
detector_share_words(double share, char out[16])
{
    double percent = 100 * share;

    g_snprintf(out, 16, percent >= 9.95 ? "%.0f %%" : "%.2g %%", percent);
}

void
detector_asset_words(const ScoredAsset *asset, char *out, size_t room)
{
    const AssetEntry *entry = asset->entry;
    char text[IP_TEXT];

    ip_text(&asset->address, text);
    if (entry == NULL || entry->name == NULL || entry->name[0] == '\0')
        g_strlcpy(out, text, room);
    else if (entry->prefix.length == 128)
        g_strlcpy(out, entry->name, room);
    else /* the name of many: which one of them */
        g_snprintf(out, room, "%.30s (%s)", entry->name, text);
}

void
detector_role_words(const Scorer *scorer, const ScoredAsset *asset, char *out, size_t room)
{
    const char *name = scorer->roles[asset->role].name;

    if (name[0] == '\0')
        g_strlcpy(out, "unknown role", room);
    else
        g_snprintf(out, room, "role \"%s\"", name);
}

void
detector_rarity_words(double p, char out[40])
{
    if (p < 1e-7)
        g_strlcpy(out, "rarer than one in ten million", 40);
    else
        g_snprintf(out, 40, "one in %.0f", 1 / p);
}

void
detector_place_words(const DetectorView *view, char *out, size_t room)
{
    const Contact *contact = view->contact;
    const Place *place = place_table_find(view->scorer->places, &view->scorer->peers[contact->peer].address);
    const char *name = place->as_name != 0 ? place_as_name(view->scorer->places, place->as_name) : NULL;
    char as[100];

    if (contact->asn == 0)
        g_strlcpy(as, "an unknown AS", sizeof as);
    else
        g_snprintf(as, sizeof as, "AS %u%s%.60s", contact->asn, name != NULL ? " " : "",
                   name != NULL ? name : "");
    g_snprintf(out, room, "%s (%s%s%s, confidence %u)", as, access_class_name((AccessClass)contact->access),
               contact->anonymity != ANONYMITY_NONE ? ", " : "",
               contact->anonymity != ANONYMITY_NONE ? anonymity_name((Anonymity)contact->anonymity) : "",
               contact->confidence);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kind.h - of which kind an event is, and how rare that kind is among those of the same role
 *
 * Given that the event came, its kind is one of a few (which service, which role at the other end). The bet
 * is spread evenly over the kinds, and half of it is kept back: e = 1/2 + 1/2 (1/K) / P(kind), which is 1 on
 * the average if kinds come as they did. P is that of the role, leaning on the fleet's, which leans on an
 * even spread (Dirichlet); so a kind that never came among n events is worth about n/2, and the usual one
 * costs 3 dB at most. Counts are halved when they are many, so the past fades. Pure arithmetic.
 */
#pragma once
#include <stdint.h>

/* @role, @fleet: @n counts each, in the plain struct of a watch. *@p, which may be NULL: the chance of a kind
 * that is as rare, or rarer. */
double kind_e(const float *role, const float *fleet, uint32_t n, uint32_t kind, double *p);
/*
 * Is it odd for the role to use this service of another's? The same with services for kinds; two may share
 * one, which makes them duller. As the usual port says little, a fifth of the stake is bet.
 */
enum { SERVICE_KINDS = 64 };
typedef struct ServiceKinds {
    float n[SERVICE_KINDS];
} ServiceKinds;
double kind_service_e(const ServiceKinds *role, const ServiceKinds *fleet, uint8_t protocol, uint16_t port,
                      double *p);
void kind_service_teach(ServiceKinds *role, ServiceKinds *fleet, uint8_t protocol, uint16_t port);
void kind_teach(float *role, float *fleet, uint32_t n, uint32_t kind);

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-types.c - enterprise elements that an exporter has named; see exporter-private.h and type-info.h
 */
#include "collector/exporter-private.h"

static bool
tells_types(const Template *tmpl)
{
    for (uint32_t i = 0; i < tmpl->n_fields; i++)
        if (tmpl->fields[i].element->id == 303 && tmpl->fields[i].element->pen == 0)
            return true;
    return false;
}

bool
exporter_learn_types(Exporter *self, const ElementModel *model, const Template *tmpl,
                     const uint8_t *const *at, const uint16_t *lengths)
{
    if (!tells_types(tmpl))
        return false;
    if (self->types == NULL)
        self->types = type_info_new();
    return type_info_learn(self->types, model, tmpl, at, lengths);
}

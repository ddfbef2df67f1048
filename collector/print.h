/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * print.h - a record as a line of JSON, or of CSV
 *
 * JSON has every element of the record under its registered name, in the order of the wire; what occurs more
 * than once is an array in the place of the first. CSV has a fixed set of columns, for spreadsheets.
 */
#pragma once
#include "collector/base/textbuf.h"
#include "collector/print-memo.h"

/* @memo is for this function alone; with NULL it prints the same, slower. */
void print_record_json(TextBuf *to, PrintMemo *memo, const RecordView *record);
void print_csv_header(TextBuf *to);
/* Likewise, with a memo of its own. */
void print_record_csv(TextBuf *to, PrintMemo *memo, const RecordView *record);
/* One value as JSON. */
void print_value_json(TextBuf *to, const FieldView *field);

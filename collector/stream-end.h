/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream-end.h - why a connection was refused or ended, in words for the operator, with what to do
 *
 * A new reason is one more line here.
 */
#pragma once

/* reason, name in JSON and metrics, in words, what to do (NULL: nothing) */
#define STREAM_ENDS(X)                                                                                       \
    /* refused when it came */                                                                               \
    X(NOT_ALLOWED, "not_allowed", "the sender is not on the list of exporters",                              \
      "Add the router to [collector] exporters= if it is yours.")                                            \
    X(TOO_MANY, "too_many", "there were as many connections as there may be",                                \
      "Raise [stream] max-connections=, or see who holds them.")                                             \
    X(TOO_MANY_OF_ONE, "too_many_of_one", "its address had as many connections as one may have",             \
      "Raise [stream] max-per-address=, or see why the router opens so many.")                               \
    X(TOO_OFTEN, "too_often", "its address connected too often within a minute",                             \
      "The router's log says why it gives up its connections.")                                              \
    X(EXPORTER_QUOTA, "exporter_quota", "there were as many exporters as there may be",                      \
      "Raise [collector] max-exporters= or max-new-exporters=.")                                             \
    /* the handshake failed */                                                                               \
    X(NO_TLS, "no_tls", "it speaks no TLS at the port for TLS",                                              \
      "Let the router use TLS, or send to the port for plain TCP.")                                          \
    X(TLS_VERSION, "tls_version", "it knows no TLS 1.2 or later", "Renew the router's software.")            \
    X(TLS_CIPHERS, "tls_ciphers", "it and we have no cipher in common", "Renew the router's software.")      \
    X(NO_CERTIFICATE, "no_certificate", "it showed no certificate",                                          \
      "Give the router a certificate by the authority in [tls] ca=, or set client-certificates=allow.")      \
    X(EXPIRED, "certificate_expired", "its certificate has expired", "Renew the router's certificate.")      \
    X(NOT_YET_VALID, "certificate_not_yet_valid", "its certificate is not valid yet",                        \
      "See whether the clocks of this machine and of the authority are right.")                              \
    X(UNKNOWN_CA, "unknown_ca", "its certificate is by an authority that is not in [tls] ca=",               \
      "Add that authority to the file in [tls] ca=, or give the router a certificate by one that is there.") \
    X(REVOKED, "certificate_revoked", "its authority has revoked its certificate",                           \
      "Give the router a new certificate if it is yours; if not, somebody else has its key.")                \
    X(PURPOSE, "certificate_purpose", "its certificate is not meant for clients",                            \
      "Issue it with the extended key usage TLS Web Client Authentication.")                                 \
    X(CERTIFICATE, "certificate_bad", "its certificate does not hold: signature, algorithm or constraints",  \
      "Look at it with certtool --certificate-info.")                                                        \
    X(NAME, "certificate_name", "none of its certificate's names is on the list",                            \
      "Add the name to [tls] names= if the router is yours.")                                                \
    X(REFUSED_US, "refused_us", "it does not believe our certificate",                                       \
      "Give the router the authority that issued [tls] certificate=; the certificate must name this host.")  \
    X(HANDSHAKE_TIMEOUT, "handshake_timeout", "it did not finish the handshake in time", NULL)               \
    X(HANDSHAKE, "handshake_failed", "the handshake failed", "The router's log may say more.")               \
    /* ended later */                                                                                        \
    X(NO_IPFIX, "no_ipfix", "what it sent is no IPFIX message",                                              \
      "Let the router export IPFIX (version 10); NetFlow and sFlow go over UDP only.")                       \
    X(TLS_AT_TCP, "tls_at_tcp", "it speaks TLS at the port for plain TCP",                                   \
      "Let the router send to the port for TLS, or add tls:ADDRESS:PORT to [collector] listen=.")            \
    X(LENGTH, "message_length", "a message with a length that cannot be",                                    \
      "Please report it, with a capture of what the router sends.")                                          \
    X(SLOW, "slow", "a message did not become whole in time", "Look at the network between.")                \
    X(IDLE, "idle", "nothing came for too long",                                                             \
      "Raise [stream] idle-timeout= if the router has so little to tell.")                                   \
    X(BROKEN, "broken", "the connection broke", "Look at the network between.")                              \
    X(CLOSED, "closed", "it closed the connection", NULL)                                                    \
    X(STOPPED, "stopped", "we ended it, to stop or to read the configuration anew", NULL)

typedef enum StreamEnd {
#define X(id, name, words, fix) STREAM_END_##id,
    STREAM_ENDS(X)
#undef X
        N_STREAM_ENDS
} StreamEnd;

const char *stream_end_name(StreamEnd end);
const char *stream_end_words(StreamEnd end);
const char *stream_end_fix(StreamEnd end); /* NULL: there is nothing to do */

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sflow-structure.c - see sflow-structure.h: the tables, and the one way to read by them */
#include "collector/sflow-structure.h"

/* A value and its name; or, as XDR_REPEAT, how many of the fields behind it stand there again and again,
 * after a count. */
typedef enum XdrKind { XDR_PLAIN, XDR_PADDED, XDR_TEXT, XDR_MPLS_HOP, XDR_REPEAT } XdrKind;

typedef struct Xdr {
    Element element;
    uint8_t kind;
    uint8_t length; /* XDR_PLAIN, XDR_PADDED: bytes; XDR_REPEAT: fields */
} Xdr;

/* Numbered by their place in this file: what repeats in a record is told by the number. */
#define VALUE(name, type, kind, length)                                                                      \
    {                                                                                                        \
        { ELEMENT_PEN_SFLOW, 1000 + __COUNTER__, type, name }, kind, length                                  \
    }
#define U1(name)   VALUE(name, ELEMENT_UNSIGNED, XDR_PLAIN, 1)
#define U4(name)   VALUE(name, ELEMENT_UNSIGNED, XDR_PLAIN, 4)
#define U8(name)   VALUE(name, ELEMENT_UNSIGNED, XDR_PLAIN, 8)
#define S4(name)   VALUE(name, ELEMENT_SIGNED, XDR_PLAIN, 4)
#define F4(name)   VALUE(name, ELEMENT_FLOAT, XDR_PLAIN, 4)
#define MAC(name)  VALUE(name, ELEMENT_MAC, XDR_PADDED, 6)
#define UUID(name) VALUE(name, ELEMENT_OCTETS, XDR_PLAIN, 16)
#define IP4(name)  VALUE(name, ELEMENT_IPV4, XDR_PLAIN, 4)
#define IP6(name)  VALUE(name, ELEMENT_IPV6, XDR_PLAIN, 16)
#define TEXT(name) VALUE(name, ELEMENT_STRING, XDR_TEXT, 0)
#define MPLS_HOP   VALUE(NULL, ELEMENT_OCTETS, XDR_MPLS_HOP, 0)
#define REPEAT(n)  VALUE(NULL, ELEMENT_OCTETS, XDR_REPEAT, n)

static const Xdr generic[] = { U4("ifIndex"),
                               U4("ifType"),
                               U8("ifSpeed"),
                               U4("ifDirection"),
                               U4("ifStatus"),
                               U8("ifInOctets"),
                               U4("ifInUcastPkts"),
                               U4("ifInMulticastPkts"),
                               U4("ifInBroadcastPkts"),
                               U4("ifInDiscards"),
                               U4("ifInErrors"),
                               U4("ifInUnknownProtos"),
                               U8("ifOutOctets"),
                               U4("ifOutUcastPkts"),
                               U4("ifOutMulticastPkts"),
                               U4("ifOutBroadcastPkts"),
                               U4("ifOutDiscards"),
                               U4("ifOutErrors"),
                               U4("ifPromiscuousMode") };

static const Xdr ethernet[] = { U4("dot3StatsAlignmentErrors"),
                                U4("dot3StatsFCSErrors"),
                                U4("dot3StatsSingleCollisionFrames"),
                                U4("dot3StatsMultipleCollisionFrames"),
                                U4("dot3StatsSQETestErrors"),
                                U4("dot3StatsDeferredTransmissions"),
                                U4("dot3StatsLateCollisions"),
                                U4("dot3StatsExcessiveCollisions"),
                                U4("dot3StatsInternalMacTransmitErrors"),
                                U4("dot3StatsCarrierSenseErrors"),
                                U4("dot3StatsFrameTooLongs"),
                                U4("dot3StatsInternalMacReceiveErrors"),
                                U4("dot3StatsSymbolErrors") };

static const Xdr token_ring[] = { U4("dot5StatsLineErrors"),
                                  U4("dot5StatsBurstErrors"),
                                  U4("dot5StatsACErrors"),
                                  U4("dot5StatsAbortTransErrors"),
                                  U4("dot5StatsInternalErrors"),
                                  U4("dot5StatsLostFrameErrors"),
                                  U4("dot5StatsReceiveCongestions"),
                                  U4("dot5StatsFrameCopiedErrors"),
                                  U4("dot5StatsTokenErrors"),
                                  U4("dot5StatsSoftErrors"),
                                  U4("dot5StatsHardErrors"),
                                  U4("dot5StatsSignalLoss"),
                                  U4("dot5StatsTransmitBeacons"),
                                  U4("dot5StatsRecoverys"),
                                  U4("dot5StatsLobeWires"),
                                  U4("dot5StatsRemoves"),
                                  U4("dot5StatsSingles"),
                                  U4("dot5StatsFreqErrors") };

static const Xdr vg[] = { U4("dot12InHighPriorityFrames"),
                          U8("dot12InHighPriorityOctets"),
                          U4("dot12InNormPriorityFrames"),
                          U8("dot12InNormPriorityOctets"),
                          U4("dot12InIPMErrors"),
                          U4("dot12InOversizeFrameErrors"),
                          U4("dot12InDataErrors"),
                          U4("dot12InNullAddressedFrames"),
                          U4("dot12OutHighPriorityFrames"),
                          U8("dot12OutHighPriorityOctets"),
                          U4("dot12TransitionIntoTrainings"),
                          U8("dot12HCInHighPriorityOctets"),
                          U8("dot12HCInNormPriorityOctets"),
                          U8("dot12HCOutHighPriorityOctets") };

static const Xdr vlan[] = { U4("vlan_id"),       U8("octets"),        U4("ucastPkts"),
                            U4("multicastPkts"), U4("broadcastPkts"), U4("discards") };

static const Xdr wireless[] = { U4("dot11TransmittedFragmentCount"),
                                U4("dot11MulticastTransmittedFrameCount"),
                                U4("dot11FailedCount"),
                                U4("dot11RetryCount"),
                                U4("dot11MultipleRetryCount"),
                                U4("dot11FrameDuplicateCount"),
                                U4("dot11RTSSuccessCount"),
                                U4("dot11RTSFailureCount"),
                                U4("dot11ACKFailureCount"),
                                U4("dot11ReceivedFragmentCount"),
                                U4("dot11MulticastReceivedFrameCount"),
                                U4("dot11FCSErrorCount"),
                                U4("dot11TransmittedFrameCount"),
                                U4("dot11WEPUndecryptableCount"),
                                U4("dot11QoSDiscardedFragmentCount"),
                                U4("dot11AssociatedStationCount"),
                                U4("dot11QoSCFPollsReceivedCount"),
                                U4("dot11QoSCFPollsUnusedCount"),
                                U4("dot11QoSCFPollsUnusableCount"),
                                U4("dot11QoSCFPollsLostCount") };

static const Xdr lag[] = { MAC("dot3adAggPortActorSystemID"),
                           MAC("dot3adAggPortPartnerOperSystemID"),
                           U4("dot3adAggPortAttachedAggID"),
                           U1("dot3adAggPortActorAdminState"),
                           U1("dot3adAggPortActorOperState"),
                           U1("dot3adAggPortPartnerAdminState"),
                           U1("dot3adAggPortPartnerOperState"),
                           U4("dot3adAggPortStatsLACPDUsRx"),
                           U4("dot3adAggPortStatsMarkerPDUsRx"),
                           U4("dot3adAggPortStatsMarkerResponsePDUsRx"),
                           U4("dot3adAggPortStatsUnknownRx"),
                           U4("dot3adAggPortStatsIllegalRx"),
                           U4("dot3adAggPortStatsLACPDUsTx"),
                           U4("dot3adAggPortStatsMarkerPDUsTx"),
                           U4("dot3adAggPortStatsMarkerResponsePDUsTx") };

static const Xdr slow_path[] = { U4("slow_path_unknown"), U4("slow_path_other"), U4("cam_miss"),
                                 U4("cam_full"),          U4("no_hw_support"),   U4("slow_path_cntrl") };

static const Xdr optics[] = {
    U4("module_id"),    U4("module_num_lanes"), U4("module_supply_voltage"), S4("module_temperature"),
    REPEAT(10),         U4("lane_index"),       U4("tx_bias_current"),       U4("tx_power"),
    U4("tx_power_min"), U4("tx_power_max"),     U4("tx_wavelength"),         U4("rx_power"),
    U4("rx_power_min"), U4("rx_power_max"),     U4("rx_wavelength")
};

static const Xdr processor[] = { U4("cpu_5s"), U4("cpu_1m"), U4("cpu_5m"), U8("total_memory"),
                                 U8("free_memory") };

static const Xdr radio[] = { U4("elapsed_time"), U4("on_channel_time"), U4("on_channel_busy_time") };

static const Xdr queue_lengths[] = { U4("queueIndex"),     U4("segmentSize"),     U4("queueSegments"),
                                     U4("queueLength0"),   U4("queueLength1"),    U4("queueLength2"),
                                     U4("queueLength4"),   U4("queueLength8"),    U4("queueLength32"),
                                     U4("queueLength128"), U4("queueLength1024"), U4("queueLengthMore"),
                                     U4("dropped") };

static const Xdr openflow_port[] = { U8("datapath_id"), U4("port_no") };

static const Xdr port_name[] = { TEXT("portName") };

static const Xdr host[] = { TEXT("hostname"), UUID("uuid"), U4("machine_type"), U4("os_name"),
                            TEXT("os_release") };

static const Xdr adapters[] = { REPEAT(3), U4("adapterIfIndex"), REPEAT(1), MAC("adapterMacAddress") };

static const Xdr parent[] = { U4("container_type"), U4("container_index") };

static const Xdr host_cpu[] = { F4("load_one"),   F4("load_five"), F4("load_fifteen"), U4("proc_run"),
                                U4("proc_total"), U4("cpu_num"),   U4("cpu_speed"),    U4("uptime"),
                                U4("cpu_user"),   U4("cpu_nice"),  U4("cpu_system"),   U4("cpu_idle"),
                                U4("cpu_wio"),    U4("cpu_intr"),  U4("cpu_sintr"),    U4("interrupts"),
                                U4("contexts"),   U4("cpu_steal"), U4("cpu_guest"),    U4("cpu_guest_nice") };

static const Xdr host_memory[] = { U8("mem_total"),  U8("mem_free"),   U8("mem_shared"), U8("mem_buffers"),
                                   U8("mem_cached"), U8("swap_total"), U8("swap_free"),  U4("page_in"),
                                   U4("page_out"),   U4("swap_in"),    U4("swap_out") };

static const Xdr host_disk[] = { U8("disk_total"), U8("disk_free"),     U4("part_max_used"),
                                 U4("reads"),      U8("bytes_read"),    U4("read_time"),
                                 U4("writes"),     U8("bytes_written"), U4("write_time") };

static const Xdr host_net[] = { U8("bytes_in"),  U4("pkts_in"),  U4("errs_in"),  U4("drops_in"),
                                U8("bytes_out"), U4("pkts_out"), U4("errs_out"), U4("drops_out") };

static const Xdr mib2_ip[] = { U4("ipForwarding"),      U4("ipDefaultTTL"),   U4("ipInReceives"),
                               U4("ipInHdrErrors"),     U4("ipInAddrErrors"), U4("ipForwDatagrams"),
                               U4("ipInUnknownProtos"), U4("ipInDiscards"),   U4("ipInDelivers"),
                               U4("ipOutRequests"),     U4("ipOutDiscards"),  U4("ipOutNoRoutes"),
                               U4("ipReasmTimeout"),    U4("ipReasmReqds"),   U4("ipReasmOKs"),
                               U4("ipReasmFails"),      U4("ipFragOKs"),      U4("ipFragFails"),
                               U4("ipFragCreates") };

static const Xdr mib2_icmp[] = {
    U4("icmpInMsgs"),         U4("icmpInErrors"),      U4("icmpInDestUnreachs"),   U4("icmpInTimeExcds"),
    U4("icmpInParmProbs"),    U4("icmpInSrcQuenchs"),  U4("icmpInRedirects"),      U4("icmpInEchos"),
    U4("icmpInEchoReps"),     U4("icmpInTimestamps"),  U4("icmpInAddrMasks"),      U4("icmpInAddrMaskReps"),
    U4("icmpOutMsgs"),        U4("icmpOutErrors"),     U4("icmpOutDestUnreachs"),  U4("icmpOutTimeExcds"),
    U4("icmpOutParmProbs"),   U4("icmpOutSrcQuenchs"), U4("icmpOutRedirects"),     U4("icmpOutEchos"),
    U4("icmpOutEchoReps"),    U4("icmpOutTimestamps"), U4("icmpOutTimestampReps"), U4("icmpOutAddrMasks"),
    U4("icmpOutAddrMaskReps")
};

static const Xdr mib2_tcp[] = { U4("tcpRtoAlgorithm"), U4("tcpRtoMin"),      U4("tcpRtoMax"),
                                U4("tcpMaxConn"),      U4("tcpActiveOpens"), U4("tcpPassiveOpens"),
                                U4("tcpAttemptFails"), U4("tcpEstabResets"), U4("tcpCurrEstab"),
                                U4("tcpInSegs"),       U4("tcpOutSegs"),     U4("tcpRetransSegs"),
                                U4("tcpInErrs"),       U4("tcpOutRsts"),     U4("tcpInCsumErrs") };

static const Xdr mib2_udp[] = { U4("udpInDatagrams"),  U4("udpNoPorts"),      U4("udpInErrors"),
                                U4("udpOutDatagrams"), U4("udpRcvbufErrors"), U4("udpSndbufErrors"),
                                U4("udpInCsumErrors") };

static const Xdr virt_node[] = { U4("mhz"), U4("cpus"), U8("memory"), U8("memory_free"), U4("num_domains") };

static const Xdr virt_cpu[] = { U4("state"), U4("cpuTime"), U4("nrVirtCpu") };

static const Xdr virt_memory[] = { U8("virtMemory"), U8("maxMemory") };

static const Xdr virt_disk[] = { U8("capacity"), U8("allocation"), U8("available"), U4("rd_req"),
                                 U8("rd_bytes"), U4("wr_req"),     U8("wr_bytes"),  U4("errs") };

static const Xdr virt_net[] = { U8("rx_bytes"), U4("rx_packets"), U4("rx_errs"), U4("rx_drop"),
                                U8("tx_bytes"), U4("tx_packets"), U4("tx_errs"), U4("tx_drop") };

static const Xdr jvm[] = { TEXT("vm_name"), TEXT("vm_vendor"), TEXT("vm_version") };

static const Xdr jvm_statistics[] = {
    U8("heap_initial"),       U8("heap_used"),        U8("heap_committed"),     U8("heap_max"),
    U8("non_heap_initial"),   U8("non_heap_used"),    U8("non_heap_committed"), U8("non_heap_max"),
    U4("gc_count"),           U4("gc_time"),          U4("classes_loaded"),     U4("classes_total"),
    U4("classes_unloaded"),   U4("compilation_time"), U4("thread_num_live"),    U4("thread_num_daemon"),
    U4("thread_num_started"), U4("fd_open_count"),    U4("fd_max_count")
};

static const Xdr http[] = { U4("method_option_count"), U4("method_get_count"),     U4("method_head_count"),
                            U4("method_post_count"),   U4("method_put_count"),     U4("method_delete_count"),
                            U4("method_trace_count"),  U4("method_connect_count"), U4("method_other_count"),
                            U4("status_1XX_count"),    U4("status_2XX_count"),     U4("status_3XX_count"),
                            U4("status_4XX_count"),    U4("status_5XX_count"),     U4("status_other_count") };

static const Xdr app_operations[] = { TEXT("application"),          U4("status_OK"),
                                      U4("status_OTHER"),           U4("status_TIMEOUT"),
                                      U4("status_INTERNAL_ERROR"),  U4("status_BAD_REQUEST"),
                                      U4("status_FORBIDDEN"),       U4("status_TOO_LARGE"),
                                      U4("status_NOT_IMPLEMENTED"), U4("status_NOT_FOUND"),
                                      U4("status_UNAVAILABLE"),     U4("status_UNAUTHORIZED") };

static const Xdr app_resources[] = { U4("user_time"), U4("system_time"), U8("mem_used"),  U8("mem_max"),
                                     U4("fd_open"),   U4("fd_max"),      U4("conn_open"), U4("conn_max") };

static const Xdr memcache[] = { U4("cmd_set"),
                                U4("cmd_touch"),
                                U4("cmd_flush"),
                                U4("get_hits"),
                                U4("get_misses"),
                                U4("delete_hits"),
                                U4("delete_misses"),
                                U4("incr_hits"),
                                U4("incr_misses"),
                                U4("decr_hits"),
                                U4("decr_misses"),
                                U4("cas_hits"),
                                U4("cas_misses"),
                                U4("cas_badval"),
                                U4("auth_cmds"),
                                U4("auth_errors"),
                                U4("threads"),
                                U4("conn_yields"),
                                U4("listen_disabled_num"),
                                U4("curr_connections"),
                                U4("rejected_connections"),
                                U4("total_connections"),
                                U4("connection_structures"),
                                U4("evictions"),
                                U4("reclaimed"),
                                U4("curr_items"),
                                U4("total_items"),
                                U8("memcache_bytes_read"),
                                U8("memcache_bytes_written"),
                                U8("bytes"),
                                U8("limit_maxbytes") };

static const Xdr app_workers[] = { U4("workers_active"), U4("workers_idle"), U4("workers_max"),
                                   U4("req_delayed"), U4("req_dropped") };

static const Xdr user[] = { U4("src_charset"), TEXT("src_user"), U4("dst_charset"), TEXT("dst_user") };

static const Xdr url[] = { U4("direction"), TEXT("url"), TEXT("host") };

static const Xdr mpls[] = { MPLS_HOP, REPEAT(1), U4("mplsInLabelStackEntry"), REPEAT(1),
                            U4("mplsOutLabelStackEntry") };

static const Xdr mpls_tunnel[] = { TEXT("tunnel_lsp_name"), U4("tunnel_id"), U4("tunnel_cos") };

static const Xdr mpls_vc[] = { TEXT("vc_instance_name"), U4("vll_vc_id"), U4("vc_label_cos") };

static const Xdr mpls_ftn[] = { TEXT("mplsFTNDescr"), U4("mplsFTNMask") };

static const Xdr mpls_ldp_fec[] = { U4("mplsFecAddrPrefixLength") };

static const Xdr vlan_tunnel[] = { REPEAT(1), U4("vlanTunnelTag") };

static const Xdr l2_tunnel_egress[] = { MAC("tunnelEgressDestinationMacAddress"),
                                        MAC("tunnelEgressSourceMacAddress"), U4("tunnelEgressEthernetType") };

static const Xdr l2_tunnel_ingress[] = { MAC("tunnelIngressDestinationMacAddress"),
                                         MAC("tunnelIngressSourceMacAddress"),
                                         U4("tunnelIngressEthernetType") };

static const Xdr ipv4_tunnel_egress[] = { U4("tunnelEgressIpLength"),
                                          U4("tunnelEgressProtocolIdentifier"),
                                          IP4("tunnelEgressSourceIPv4Address"),
                                          IP4("tunnelEgressDestinationIPv4Address"),
                                          U4("tunnelEgressSourceTransportPort"),
                                          U4("tunnelEgressDestinationTransportPort"),
                                          U4("tunnelEgressTcpControlBits"),
                                          U4("tunnelEgressIpClassOfService") };

static const Xdr ipv4_tunnel_ingress[] = { U4("tunnelIngressIpLength"),
                                           U4("tunnelIngressProtocolIdentifier"),
                                           IP4("tunnelIngressSourceIPv4Address"),
                                           IP4("tunnelIngressDestinationIPv4Address"),
                                           U4("tunnelIngressSourceTransportPort"),
                                           U4("tunnelIngressDestinationTransportPort"),
                                           U4("tunnelIngressTcpControlBits"),
                                           U4("tunnelIngressIpClassOfService") };

static const Xdr ipv6_tunnel_egress[] = { U4("tunnelEgressIpLength"),
                                          U4("tunnelEgressProtocolIdentifier"),
                                          IP6("tunnelEgressSourceIPv6Address"),
                                          IP6("tunnelEgressDestinationIPv6Address"),
                                          U4("tunnelEgressSourceTransportPort"),
                                          U4("tunnelEgressDestinationTransportPort"),
                                          U4("tunnelEgressTcpControlBits"),
                                          U4("tunnelEgressIpClassOfService") };

static const Xdr ipv6_tunnel_ingress[] = { U4("tunnelIngressIpLength"),
                                           U4("tunnelIngressProtocolIdentifier"),
                                           IP6("tunnelIngressSourceIPv6Address"),
                                           IP6("tunnelIngressDestinationIPv6Address"),
                                           U4("tunnelIngressSourceTransportPort"),
                                           U4("tunnelIngressDestinationTransportPort"),
                                           U4("tunnelIngressTcpControlBits"),
                                           U4("tunnelIngressIpClassOfService") };

static const Xdr decapsulate_egress[] = { U4("egressInnerHeaderOffset") };

static const Xdr decapsulate_ingress[] = { U4("ingressInnerHeaderOffset") };

static const Xdr vni_egress[] = { U4("egressVni") };

static const Xdr vni_ingress[] = { U4("ingressVni") };

static const Xdr egress_queue[] = { U4("egressQueue") };

static const Xdr acl[] = { U4("aclNumber"), TEXT("aclName"), U4("aclDirection") };

static const Xdr function[] = { TEXT("functionSymbol") };

static const Xdr transit[] = { U4("transitDelay") };

static const Xdr queue[] = { U4("queueDepth") };

static const Xdr hardware_trap[] = { TEXT("hardwareTrapGroup"), TEXT("hardwareTrap") };

static const Xdr linux_reason[] = { TEXT("linuxDropReason") };

static const Xdr socket4[] = { U4("socketProtocol"), IP4("socketLocalIPv4Address"),
                               IP4("socketRemoteIPv4Address"), U4("socketLocalPort"),
                               U4("socketRemotePort") };

static const Xdr socket6[] = { U4("socketProtocol"), IP6("socketLocalIPv6Address"),
                               IP6("socketRemoteIPv6Address"), U4("socketLocalPort"),
                               U4("socketRemotePort") };

static const Xdr http_request[] = {
    U4("httpMethod"),     U4("httpProtocol"),     TEXT("httpUri"),         TEXT("httpHost"),
    TEXT("httpReferer"),  TEXT("httpUserAgent"),  TEXT("httpXff"),         TEXT("httpAuthUser"),
    TEXT("httpMimeType"), U8("httpRequestBytes"), U8("httpResponseBytes"), U4("httpDurationMicroseconds"),
    U4("httpStatus")
};

typedef struct Structure {
    uint32_t tag;
    const Xdr *fields;
    uint32_t n_fields;
} Structure;

#define STRUCTURE(tag, fields)                                                                               \
    {                                                                                                        \
        tag, fields, G_N_ELEMENTS(fields)                                                                    \
    }
static const Structure counters[] = { STRUCTURE(1, generic),
                                      STRUCTURE(2, ethernet),
                                      STRUCTURE(3, token_ring),
                                      STRUCTURE(4, vg),
                                      STRUCTURE(5, vlan),
                                      STRUCTURE(6, wireless),
                                      STRUCTURE(7, lag),
                                      STRUCTURE(8, slow_path),
                                      STRUCTURE(10, optics),
                                      STRUCTURE(1001, processor),
                                      STRUCTURE(1002, radio),
                                      STRUCTURE(1003, queue_lengths),
                                      STRUCTURE(1004, openflow_port),
                                      STRUCTURE(1005, port_name),
                                      STRUCTURE(2000, host),
                                      STRUCTURE(2001, adapters),
                                      STRUCTURE(2002, parent),
                                      STRUCTURE(2003, host_cpu),
                                      STRUCTURE(2004, host_memory),
                                      STRUCTURE(2005, host_disk),
                                      STRUCTURE(2006, host_net),
                                      STRUCTURE(2007, mib2_ip),
                                      STRUCTURE(2008, mib2_icmp),
                                      STRUCTURE(2009, mib2_tcp),
                                      STRUCTURE(2010, mib2_udp),
                                      STRUCTURE(2100, virt_node),
                                      STRUCTURE(2101, virt_cpu),
                                      STRUCTURE(2102, virt_memory),
                                      STRUCTURE(2103, virt_disk),
                                      STRUCTURE(2104, virt_net),
                                      STRUCTURE(2105, jvm),
                                      STRUCTURE(2106, jvm_statistics),
                                      STRUCTURE(2201, http),
                                      STRUCTURE(2202, app_operations),
                                      STRUCTURE(2203, app_resources),
                                      STRUCTURE(2204, memcache),
                                      STRUCTURE(2206, app_workers) };
static const Structure beside[] = { STRUCTURE(1004, user),
                                    STRUCTURE(1005, url),
                                    STRUCTURE(1006, mpls),
                                    STRUCTURE(1008, mpls_tunnel),
                                    STRUCTURE(1009, mpls_vc),
                                    STRUCTURE(1010, mpls_ftn),
                                    STRUCTURE(1011, mpls_ldp_fec),
                                    STRUCTURE(1012, vlan_tunnel),
                                    STRUCTURE(1021, l2_tunnel_egress),
                                    STRUCTURE(1022, l2_tunnel_ingress),
                                    STRUCTURE(1023, ipv4_tunnel_egress),
                                    STRUCTURE(1024, ipv4_tunnel_ingress),
                                    STRUCTURE(1025, ipv6_tunnel_egress),
                                    STRUCTURE(1026, ipv6_tunnel_ingress),
                                    STRUCTURE(1027, decapsulate_egress),
                                    STRUCTURE(1028, decapsulate_ingress),
                                    STRUCTURE(1029, vni_egress),
                                    STRUCTURE(1030, vni_ingress),
                                    STRUCTURE(1036, egress_queue),
                                    STRUCTURE(1037, acl),
                                    STRUCTURE(1038, function),
                                    STRUCTURE(1039, transit),
                                    STRUCTURE(1040, queue),
                                    STRUCTURE(1041, hardware_trap),
                                    STRUCTURE(1042, linux_reason),
                                    STRUCTURE(2100, socket4),
                                    STRUCTURE(2101, socket6),
                                    STRUCTURE(2206, http_request) };

/* RFC 4506 section 4.11: a length, the bytes, and zeros up to a multiple of four. */
static const uint8_t *
take_text(Cursor *cur, uint32_t *length)
{
    *length = cursor_u32(cur);
    if (*length > cursor_left(cur)) {
        cur->failed = true;
        return NULL;
    }
    const uint8_t *at = cursor_take(cur, *length);

    cursor_take(cur, MIN((4 - *length % 4) % 4, cursor_left(cur))); /* some agents end with the text */
    return at;
}

/* An address behind its type; IANA has an element for each family. */
static void
show_mpls_hop(Show *show, Cursor *cur)
{
    uint32_t type = cursor_u32(cur);

    if (type == 1)
        show_bytes(show, 47, cursor_take(cur, 4), 4); /* mplsTopLabelIPv4Address */
    else if (type == 2)
        show_bytes(show, 140, cursor_take(cur, 16), 16);
}

static void
show_value(Show *show, const Xdr *field, Cursor *cur)
{
    const uint8_t *at;
    uint32_t length = field->length;

    switch ((XdrKind)field->kind) {
    case XDR_MPLS_HOP:
        show_mpls_hop(show, cur);
        return;
    case XDR_TEXT:
        at = take_text(cur, &length);
        break;
    default:
        at = cursor_take(cur, length);
        if (field->kind == XDR_PADDED)
            cursor_take(cur, (4 - length % 4) % 4);
        break;
    }
    show_element(show, &field->element, at, (uint16_t)MIN(length, UINT16_MAX));
}

/* A repetition ends with the bytes at the latest: each turn takes some, or fails. */
static void
show_fields(Show *show, const Xdr *fields, uint32_t n_fields, Cursor *cur)
{
    for (uint32_t i = 0; i < n_fields && !cur->failed && cursor_left(cur) > 0; i++) {
        if (fields[i].kind != XDR_REPEAT) {
            show_value(show, &fields[i], cur);
            continue;
        }
        uint32_t n = cursor_u32(cur);
        for (uint32_t j = 0; j < n && !cur->failed && cursor_left(cur) > 0; j++)
            show_fields(show, fields + i + 1, fields[i].length, cur);
        i += fields[i].length;
    }
}

static void
show_structure(Show *show, const Structure *all, size_t n, uint32_t tag, Cursor cur)
{
    if (!show_is_wanted(show))
        return;
    for (size_t i = 0; i < n; i++)
        if (all[i].tag == tag) {
            show_fields(show, all[i].fields, all[i].n_fields, &cur);
            return;
        }
    show_unknown(show, tag >> 12, tag & 0xfff, cur.at, (uint16_t)MIN(cursor_left(&cur), (size_t)UINT16_MAX));
}

void
sflow_show_counters(Show *show, uint32_t tag, Cursor cur)
{
    show_structure(show, counters, G_N_ELEMENTS(counters), tag, cur);
}

void
sflow_show_beside(Show *show, uint32_t tag, Cursor cur)
{
    show_structure(show, beside, G_N_ELEMENTS(beside), tag, cur);
}

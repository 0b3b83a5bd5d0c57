/*
 * sender IFACE COUNT SIZE [--flows N] [--rate PACKETS_PER_SECOND]
 *
 * Sends COUNT Ethernet frames of SIZE octets (UDP over IPv4, right checksums) out of IFACE at its limit, by AF_PACKET
 * and sendmmsg without a queueing discipline, and prints what it reached:
 *
 *   4000000 packets, 7.214 s, 554477 packets/s
 *
 * SIZE is the whole frame without its check sequence, 60 to 1514. The first eight octets of the payload are the packet's
 * number, big-endian from 0. Packet i belongs to flow i mod N (1 to 60000, default 1): source 198.18.0.1, port 1024 +
 * flow; destination 198.18.0.2, port 9 (discard). The addresses are those of RFC 2544, for benchmarks. --rate holds
 * back to that many packets a second. Exit status: 0, 1 when sending fails, 2 for wrong use.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256
#define HEADERS (14 + 20 + 8)
#define LARGEST 1514

static uint8_t frames[BATCH][LARGEST];

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static unsigned add(unsigned sum, const uint8_t *data, unsigned length) {
  for (unsigned i = 0; i + 1 < length; i += 2) sum += (unsigned)(data[i] << 8 | data[i + 1]);
  if (length & 1) sum += (unsigned)data[length - 1] << 8;
  return sum;
}

static unsigned fold(unsigned sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/* Everything that is the same in all frames, with both checksums left at zero. */
static void prepare(uint8_t *frame, unsigned size, const uint8_t *source_mac) {
  static const uint8_t destination_mac[6] = {0x02, 0, 0, 0, 0, 0x02};
  memset(frame, 0, LARGEST);
  memcpy(frame, destination_mac, 6);
  memcpy(frame + 6, source_mac, 6);
  put16(frame + 12, ETHERTYPE_IP);
  uint8_t *ip = frame + 14;
  ip[0] = 0x45;
  put16(ip + 2, size - 14);
  ip[8] = 64;
  ip[9] = IPPROTO_UDP;
  put16(ip + 12, 198 << 8 | 18);
  put16(ip + 14, 1);
  put16(ip + 16, 198 << 8 | 18);
  put16(ip + 18, 2);
  put16(ip + 22, 9);
  put16(ip + 24, size - 34);
  for (unsigned i = HEADERS + 8; i < size; i++) frame[i] = (uint8_t)i;
}

/* What differs, and the checksums, from sums over what does not. */
static void number(uint8_t *frame, uint64_t index, unsigned flow, unsigned ip_sum, unsigned udp_sum) {
  uint8_t *ip = frame + 14, *udp = ip + 20, *payload = udp + 8;
  put16(ip + 4, (unsigned)(index & 0xffff));
  put16(ip + 10, fold(ip_sum + (unsigned)(index & 0xffff)));
  put16(udp, 1024 + flow);
  for (int i = 0; i < 8; i++) payload[i] = (uint8_t)(index >> (56 - 8 * i));
  unsigned checksum = fold(add(udp_sum + 1024 + flow, payload, 8));
  put16(udp + 6, checksum == 0 ? 0xffff : checksum); /* RFC 768: zero means none */
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int wrong_use(const char *why) {
  fprintf(stderr, "sender: %s\nuse: sender IFACE COUNT SIZE [--flows N] [--rate PACKETS_PER_SECOND]\n", why);
  return 2;
}

/* True when `text` is a whole number from `least` to `most`. */
static int parse(const char *text, uint64_t least, uint64_t most, uint64_t *value) {
  char *end;
  errno = 0;
  *value = strtoull(text, &end, 10);
  return errno == 0 && *text >= '0' && *text <= '9' && *end == 0 && *value >= least && *value <= most;
}

int main(int argc, char **argv) {
  uint64_t count, size, flows = 1, rate = 0;
  if (argc < 4) return wrong_use("IFACE, COUNT and SIZE are needed");
  if (!parse(argv[2], 1, 1000000000000ull, &count)) return wrong_use("COUNT is not a number from 1");
  if (!parse(argv[3], 60, LARGEST, &size)) return wrong_use("SIZE is not 60 to 1514");
  for (int i = 4; i < argc; i += 2) {
    if (i + 1 < argc && strcmp(argv[i], "--flows") == 0 && parse(argv[i + 1], 1, 60000, &flows)) continue;
    if (i + 1 < argc && strcmp(argv[i], "--rate") == 0 && parse(argv[i + 1], 1, 100000000, &rate)) continue;
    return wrong_use("unknown or wrong option");
  }

  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) {
    perror("sender: socket(AF_PACKET)");
    return 1;
  }
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) {
    fprintf(stderr, "sender: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  uint8_t source_mac[6];
  memcpy(source_mac, request.ifr_hwaddr.sa_data, 6);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (bind(fd, (struct sockaddr *)&to, sizeof to) != 0) {
    perror("sender: bind");
    return 1;
  }
  int one = 1;
  /* Past the queueing discipline; without it the frames go the ordinary way, a little slower. */
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0) perror("sender: PACKET_QDISC_BYPASS");

  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    prepare(frames[i], (unsigned)size, source_mac);
    parts[i] = (struct iovec){frames[i], size};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const uint8_t *ip = frames[0] + 14;
  unsigned ip_sum = add(0, ip, 20);
  /* Pseudo-header (RFC 768): addresses, protocol, length; then the UDP header and the payload after its number. */
  unsigned udp_sum = add(add(IPPROTO_UDP + (unsigned)size - 34, ip + 12, 8), ip + 20, (unsigned)size - 34);

  double start = seconds();
  uint64_t sent = 0;
  while (sent < count) {
    unsigned batch = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;
    for (unsigned i = 0; i < batch; i++) number(frames[i], sent + i, (unsigned)((sent + i) % flows), ip_sum, udp_sum);
    for (unsigned done = 0; done < batch;) {
      int now = sendmmsg(fd, messages + done, batch - done, 0);
      if (now > 0) {
        done += (unsigned)now;
      } else if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) {
        usleep(50); /* the receiving side is behind: packets are not to be lost here */
      } else {
        perror("sender: sendmmsg");
        return 1;
      }
    }
    sent += batch;
    if (rate != 0) {
      double ahead = start + (double)sent / (double)rate - seconds();
      if (ahead > 0) usleep((useconds_t)(ahead * 1e6));
    }
  }
  double took = seconds() - start;
  printf("%llu packets, %.3f s, %.0f packets/s\n", (unsigned long long)sent, took, (double)sent / took);
  return 0;
}

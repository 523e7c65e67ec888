// SPDX-License-Identifier: GPL-2.0-or-later
/* MAC addresses: the one thing that the two halves of a pair have in common. */

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "mac.h"

/**
 * mac_parse - read an address
 * @text: six hexadecimal numbers of one or two digits, with colons
 * @mac: where it goes
 *
 * Unlike ether_aton() it wants nothing to follow.
 *
 * Context: any.
 * Return: 0, or -1 without a word if @text is none.
 */
int mac_parse(const char *text, struct ether_addr *mac)
{
	unsigned int octets[ETH_ALEN];
	int end = 0;
	int i;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octets[0], &octets[1],
		   &octets[2], &octets[3], &octets[4], &octets[5],
		   &end) != ETH_ALEN || text[end])
		return -1;
	/* Where a number is expected, sscanf() skips space and takes a sign */
	if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text))
		return -1;
	for (i = 0; i < ETH_ALEN; i++)
		mac->ether_addr_octet[i] = octets[i];
	return 0;
}

/**
 * mac_text - an address as the kernel and libvirt print it
 * @mac: the address
 * @text: room for it
 *
 * Context: any.
 * Return: @text.
 */
const char *mac_text(const struct ether_addr *mac, char text[MAC_TEXT])
{
	const unsigned char *o = mac->ether_addr_octet;

	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x",
		 o[0], o[1], o[2], o[3], o[4], o[5]);
	return text;
}

/**
 * mac_digits - an address as a part of a name
 * @mac: the address
 * @text: room for it
 *
 * Context: any.
 * Return: @text.
 */
const char *mac_digits(const struct ether_addr *mac, char text[MAC_DIGITS])
{
	const unsigned char *o = mac->ether_addr_octet;

	snprintf(text, MAC_DIGITS, "%02x%02x%02x%02x%02x%02x",
		 o[0], o[1], o[2], o[3], o[4], o[5]);
	return text;
}

/**
 * mac_equal - compare two addresses
 * @one: an address
 * @other: another one
 *
 * Context: any.
 * Return: whether they are the same.
 */
bool mac_equal(const struct ether_addr *one, const struct ether_addr *other)
{
	return !memcmp(one, other, sizeof(*one));
}

/**
 * mac_fault - why an address cannot be a guest's
 * @mac: the address
 *
 * Context: any.
 * Return: what is wrong with it in a few words, or NULL.
 */
const char *mac_fault(const struct ether_addr *mac)
{
	static const struct ether_addr zero;

	if (mac_equal(mac, &zero))
		return "is all zeros";
	if (mac->ether_addr_octet[0] & 1)
		return "is a multicast address";
	return NULL;
}

/**
 * mac_random - make an address up
 * @mac: where it goes
 *
 * In 52:54:00, as QEMU and libvirt do.
 *
 * Context: may wait until the kernel has gathered entropy.
 * Return: 0, or -1 and a line.
 */
int mac_random(struct ether_addr *mac)
{
	unsigned char *octets = mac->ether_addr_octet;

	octets[0] = 0x52;
	octets[1] = 0x54;
	octets[2] = 0x00;
	if (getrandom(octets + 3, 3, 0) != 3)
		return log_error("no random numbers for a MAC address");
	return 0;
}

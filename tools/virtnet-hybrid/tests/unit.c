// SPDX-License-Identifier: GPL-2.0-or-later
/* XML in and out, and what check finds; no libvirt runs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../array.h"
#include "../boot.h"
#include "../check.h"
#include "../events.h"
#include "../log.h"
#include "../network.h"
#include "../pair.h"
#include "../step.h"

#define MAC "52:54:00:12:34:56"
#define OTHER "52:54:00:12:34:57"
#define OURS "xmlns:hybrid='urn:virtnet-hybrid'"
#define PORT(bus) \
	"<controller type='pci' index='" bus "' model='pcie-root-port'>" \
	"<address type='pci' bus='0x00' slot='0x02'/></controller>"
#define AT(bus) \
	"<address type='pci' domain='0x0000' bus='" bus "' slot='0x00' " \
	"function='0x0'/>"
#define STANDBY(mac) \
	"<interface type='bridge'><mac address='" mac "'/>" \
	"<source bridge='br0'/><target dev='vnet3'/><model type='virtio'/>" \
	"<teaming type='persistent'/><alias name='ua-s'/>" AT("0x01") \
	"</interface>"
#define VF(mac, more) \
	"<interface type='hostdev' managed='yes'><mac address='" mac "'/>" \
	"<source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' " \
	"function='0x2'/></source><alias name='ua-v'/>" more "</interface>"
#define NO_ROM "<rom enabled='no'/>"
#define WISH(bus) \
	"<interface mac='" MAC "' network='pool' bus='" bus "' wish='vf'/>"

/* domain(METADATA, DEVICES): of a q35 guest */
#define domain(metadata, devices) \
	"<domain type='kvm'><name>g1</name><metadata>" metadata \
	"</metadata><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>" \
	"</os><devices>" devices "</devices></domain>"
#define declared(version, wishes) \
	"<hybrid:hybrid " OURS " version='" version "'>" wishes \
	"</hybrid:hybrid>"

static char said[1024];

static void listen_in(int priority, const char *line)
{
	(void)priority;
	snprintf(said, sizeof(said), "%s", line);
}

static int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	log_to(listen_in);
	return 0;
}

#define assert_said(words) assert_non_null(strstr(said, words))

static struct ether_addr mac_of(const char *text)
{
	struct ether_addr mac;

	assert_int_equal(mac_parse(text, &mac), 0);
	return mac;
}

static void test_mac(void **state)
{
	static const char *const bad[] = {
		"", "52:54:00:12:34", "52:54:00:12:34:5g", "525400123456",
		"52:54:00:12:34:56:78", "52:54:00:12:34:056", " 2:4:0:2:4:6",
		"+2:4:0:2:4:6", "52:54:00:12:34:56 ", "52-54-00-12-34-56",
	};
	struct ether_addr mac = mac_of("52:54:0:AB:34:56");
	char text[MAC_TEXT];
	char digits[MAC_DIGITS];
	size_t i;

	(void)state;
	assert_string_equal(mac_text(&mac, text), "52:54:00:ab:34:56");
	assert_string_equal(mac_digits(&mac, digits), "525400ab3456");
	assert_null(mac_fault(&mac));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!mac_parse(bad[i], &mac))
			fail_msg("'%s' was taken", bad[i]);
	mac = mac_of("00:00:00:00:00:00");
	assert_string_equal(mac_fault(&mac), "is all zeros");
	mac = mac_of("01:00:5e:00:00:01");
	assert_string_equal(mac_fault(&mac), "is a multicast address");
	assert_int_equal(mac_random(&mac), 0);
	assert_null(mac_fault(&mac));
}

#define GUEST \
	domain(declared("1", WISH("6")), \
	       PORT("6") PORT("1") PORT("5") STANDBY(MAC) \
	       VF(MAC, NO_ROM AT("0x05")))

static void test_domain(void **state)
{
	struct ether_addr mac = mac_of(MAC);
	struct domain domain;
	const struct nic *nic;

	(void)state;
	assert_int_equal(domain_read(&domain, GUEST), 0);
	assert_string_equal(domain.name, "g1");
	assert_true(domain_has_pcie(&domain));
	nic = domain_standby(&domain, &mac);
	assert_non_null(nic);
	assert_string_equal(nic->target, "vnet3");
	assert_string_equal(nic->bridge, "br0");
	assert_false(nic->rom_off);
	nic = domain_vf(&domain, &mac);
	assert_non_null(nic);
	assert_string_equal(nic->host, "0000:01:10.2");
	assert_int_equal(nic->bus, 5);
	assert_true(nic->rom_off);
	assert_int_equal(domain.last_bus, 6);
	assert_int_equal(domain_free_ports(&domain), 1);
	assert_true(domain_port(&domain, 1)->is_taken);
	assert_int_equal(domain_free_port(&domain, 5)->bus, 6);
	assert_int_equal(domain.wishes.count, 1);
	assert_string_equal(domain.wishes.of[0].network, "pool");
	assert_int_equal(domain.wishes.of[0].bus, 6);
	mac = mac_of(OTHER);
	assert_null(domain_standby(&domain, &mac));
	assert_null(domain_vf(&domain, &mac));
	domain_free(&domain);
}

static void test_bad_domains(void **state)
{
	static const struct {
		const char *xml;
		const char *words;
	} bad[] = {
		{ "", "no XML" },
		{ "<domain>", "no XML" },
		{ "<network><name>n</name></network>", "but <network>" },
		{ "<domain/>", "without a <name>" },
		{ domain(declared("2", ""), ""), "newer than 1" },
		{ domain("<hybrid:hybrid " OURS "/>", ""), "no version" },
		{ domain(declared("1", "<interface/>"), ""), "damaged" },
		{ domain(declared("1", "<interface mac='" MAC "' wish='vf'/>"),
			 ""), "damaged" },
		{ domain(declared("1", "<interface mac='" MAC
				  "' network='n' wish='both'/>"), ""),
		  "damaged" },
		{ domain(declared("1", "<interface mac='01:00:00:00:00:00' "
				  "network='n' wish='vf'/>"), ""), "damaged" },
		{ domain(declared("1", WISH("1") WISH("2")), ""), "twice" },
	};
	struct domain domain;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		said[0] = '\0';
		assert_int_equal(domain_read(&domain, bad[i].xml), -1);
		if (!strstr(said, bad[i].words))
			fail_msg("'%s', not '%s'", said, bad[i].words);
	}
}

#define OTHERS \
	domain("<x:hybrid xmlns:x='urn:other' version='9'/>" \
	       declared("1", WISH("6")), "")

static void test_element_of_somebody_else(void **state)
{
	struct domain domain;

	(void)state;
	assert_int_equal(domain_read(&domain, OTHERS), 0);
	assert_int_equal(domain.wishes.count, 1);
	domain_free(&domain);
}

/* As libvirt does: what is printed goes into the metadata, with a namespace */
static void test_wishes(void **state)
{
	struct wish wish = {
		.mac = mac_of(MAC), .network = "a&<b>'", .bus = 7,
		.path = WISH_STANDBY,
	};
	struct wishes wishes = {};
	struct domain domain;
	char xml[1024];
	char *element;

	(void)state;
	assert_int_equal(wishes_set(&wishes, &wish), 0);
	wish.mac = mac_of(OTHER);
	wish.bus = -1;
	wish.holder = "host";
	wish.hold_until = 9999999999;
	assert_int_equal(wishes_set(&wishes, &wish), 0);
	wish.path = WISH_VF;
	assert_int_equal(wishes_set(&wishes, &wish), 0);
	assert_int_equal(wishes.count, 2);
	element = wishes_print(&wishes);
	assert_non_null(element);
	wishes_free(&wishes);
	snprintf(xml, sizeof(xml), "<domain><name>g</name><metadata><hybrid "
		 "xmlns='urn:virtnet-hybrid'%s</metadata></domain>",
		 element + strlen("<hybrid"));
	free(element);
	assert_int_equal(domain_read(&domain, xml), 0);
	assert_int_equal(domain.wishes.count, 2);
	assert_string_equal(domain.wishes.of[0].network, "a&<b>'");
	assert_int_equal(domain.wishes.of[0].bus, 7);
	assert_int_equal(domain.wishes.of[0].path, WISH_STANDBY);
	assert_int_equal(domain.wishes.of[1].bus, -1);
	assert_int_equal(domain.wishes.of[1].path, WISH_VF);
	assert_null(domain.wishes.of[0].holder);
	assert_string_equal(domain.wishes.of[1].holder, "host");
	assert_int_equal(domain.wishes.of[1].hold_until, 9999999999);
	wishes_remove(&domain.wishes, &domain.wishes.of[0].mac);
	assert_int_equal(domain.wishes.count, 1);
	assert_true(mac_equal(&domain.wishes.of[0].mac, &wish.mac));
	domain_free(&domain);
}

#define BOOT(mac) \
	"<b:boot xmlns:b='urn:virtnet-hybrid:boot'>" \
	"<negotiated mac='" mac "'/></b:boot>"

static void test_boot(void **state)
{
	struct domain domain;
	char *element;

	(void)state;
	assert_int_equal(domain_read(&domain, domain(declared("1", WISH("6"))
						     BOOT(MAC), "")), 0);
	assert_true(domain.wishes.of[0].negotiated);
	assert_false(domain.boot_is_old);
	assert_false(boot_is_empty(&domain.wishes));
	element = boot_print(&domain.wishes);
	assert_string_equal(element, "<boot>\n  <negotiated mac=\"" MAC
			    "\"/>\n</boot>");
	free(element);
	domain_free(&domain);

	assert_int_equal(domain_read(&domain, domain(declared("1", WISH("6"))
						     BOOT(OTHER), "")), 0);
	assert_false(domain.wishes.of[0].negotiated);
	assert_true(domain.boot_is_old);
	assert_true(boot_is_empty(&domain.wishes));
	domain_free(&domain);
}

/* Of all 512 there are, each one by the first rule that says something of it */
static enum step expected(unsigned int bits)
{
	if (!(bits & 1))
		return STEP_NEEDS_START;
	if (!(bits & 2))
		return bits & 4 ? STEP_UNPLUG : STEP_DONE;
	if (bits & 4)
		return STEP_DONE;
	if (bits & 256)
		return STEP_HELD;
	if (!(bits & 8))
		return STEP_NEEDS_STANDBY;
	if (!(bits & 16))
		return STEP_NEEDS_DRIVER;
	if (!(bits & 32))
		return STEP_NEEDS_POOL;
	if (!(bits & 64))
		return STEP_NEEDS_VF;
	return bits & 128 ? STEP_PLUG : STEP_NEEDS_PORT;
}

static void test_step(void **state)
{
	struct view view;
	enum step step;
	unsigned int i;

	(void)state;
	for (i = 0; i < 512; i++) {
		view = (struct view){
			.runs = i & 1, .wants_vf = i & 2, .has_vf = i & 4,
			.has_standby = i & 8, .negotiated = i & 16,
			.has_pool = i & 32, .has_free_vf = i & 64,
			.has_port = i & 128, .is_held = i & 256,
		};
		step = step_next(&view);
		if (step != expected(i))
			fail_msg("%#x: %s", i, step_text(step));
		assert_true(*step_text(step));
	}
}

static void test_event(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "\"x\"", "null", "{}", "{\"device-id\": 7}",
		"{\"device-id\": null}", "{\"device-id\": {}}",
	};
	char *alias = events_device("{\"device-id\": \"ua-standby\"}");
	size_t i;

	(void)state;
	assert_string_equal(alias, "ua-standby");
	free(alias);
	assert_null(events_device(NULL));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(events_device(bad[i]));
}

static void test_too_many_wishes(void **state)
{
	struct wish wish = { .mac = mac_of(MAC), .network = "n" };
	struct wishes wishes = {};
	int i;

	(void)state;
	for (i = 0; i < WISHES_MAX; i++) {
		wish.mac.ether_addr_octet[5] = i;
		assert_int_equal(wishes_set(&wishes, &wish), 0);
	}
	wish.mac.ether_addr_octet[5] = i;
	assert_int_equal(wishes_set(&wishes, &wish), -1);
	assert_said("no more than");
	wishes_free(&wishes);
}

static void test_network(void **state)
{
	struct network network = {
		.name = "po<ol", .pf = "eth1", .bridge = "br&0", .vlan = 7,
	};
	struct network read;
	char *xml = network_print(&network);

	(void)state;
	assert_non_null(xml);
	assert_int_equal(network_read(&read, xml), 0);
	free(xml);
	assert_true(read.is_ours);
	assert_true(read.is_hostdev);
	assert_string_equal(read.name, "po<ol");
	assert_string_equal(read.pf, "eth1");
	assert_string_equal(read.bridge, "br&0");
	assert_int_equal(read.vlan, 7);
	network_free(&read);

	network.bridge = NULL;
	xml = network_print(&network);
	assert_int_equal(network_read(&read, xml), 0);
	free(xml);
	assert_true(read.is_ours);
	assert_null(read.bridge);
	network_free(&read);
}

static void test_other_networks(void **state)
{
	struct network network;

	(void)state;
	assert_int_equal(network_read(&network, "<network><name>n</name>"
		"<forward mode='passthrough'><interface dev='a'/>"
		"<interface dev='b'/></forward></network>"), 0);
	assert_false(network.is_ours);
	assert_false(network.is_hostdev);
	assert_int_equal(network.vfs, 2);
	network_free(&network);
	assert_int_equal(network_read(&network, "<network><name>n</name>"
		"<metadata><h:standby xmlns:h='urn:virtnet-hybrid' "
		"version='1'/></metadata></network>"), -1);
	assert_said("no place for standby");
	assert_int_equal(network_read(&network, "<network/>"), -1);
}

static void test_devices(void **state)
{
	struct network network = { .name = "p&", .bridge = "br0",
				   .is_hostdev = true };
	struct ether_addr mac = mac_of(MAC);
	char *xml;

	(void)state;
	xml = pair_standby(&network, &mac);
	assert_string_equal(xml, "<interface type=\"bridge\">\n"
		"  <mac address=\"" MAC "\"/>\n"
		"  <source bridge=\"br0\"/>\n"
		"  <model type=\"virtio\"/>\n"
		"  <teaming type=\"persistent\"/>\n"
		"  <alias name=\"ua-standby-525400123456\"/>\n"
		"  <rom enabled=\"no\"/>\n"
		"</interface>");
	free(xml);
	xml = pair_vf(&network, &mac, 6);
	assert_string_equal(xml, "<interface type=\"network\">\n"
		"  <mac address=\"" MAC "\"/>\n"
		"  <source network=\"p&amp;\"/>\n"
		"  <alias name=\"ua-vf-525400123456\"/>\n"
		"  <rom enabled=\"no\"/>\n"
		"  <address type=\"pci\" domain=\"0\" bus=\"6\" slot=\"0\" function=\"0\"/>\n"
		"</interface>");
	free(xml);
	network = (struct network){ .name = "p", .pf = "eth1" };
	xml = pair_standby(&network, &mac);
	assert_non_null(strstr(xml, "<source dev=\"eth1\" mode=\"bridge\"/>"));
	free(xml);
	xml = pair_vf(&network, &mac, 6);
	assert_non_null(strstr(xml, "<model type=\"e1000e\"/>"));
	free(xml);
	xml = pair_port(&mac, 9);
	assert_non_null(strstr(xml, "index=\"9\""));
	free(xml);
}

static char problems[4096];

static void note_problem(void *opaque, const char *problem, const char *fix)
{
	size_t length = strlen(problems);

	(void)opaque;
	assert_true(*fix);
	snprintf(problems + length, sizeof(problems) - length, "%s\n", problem);
}

static const struct {
	const char *xml;
	int count;
	const char *words;
} lint[] = {
	/* Nothing to say */
	{ domain("", ""), 0, "" },
	{ domain("", PORT("1") STANDBY(MAC)), 0, "" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC)
		 VF(MAC, NO_ROM AT("0x05"))), 0, "" },
	{ domain(declared("1", WISH("5")), PORT("1") PORT("5") STANDBY(MAC)),
	  0, "" },
	/* Not where libvirt has not given out addresses yet */
	{ domain("", STANDBY(MAC) VF(MAC, NO_ROM)), 0, "" },
	/* A machine without pairs may be any */
	{ "<domain><name>g</name><os><type machine='pc'>hvm</type></os>"
	  "</domain>", 0, "" },
	{ "<domain><name>g</name><os><type machine='pc-i440fx-7.2'>hvm</type>"
	  "</os><devices>" PORT("1") STANDBY(MAC) "</devices></domain>",
	  1, "'pc-i440fx-7.2' has no PCIe" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC)
		 VF(MAC, AT("0x05"))), 1, "boot ROM" },
	{ domain("", PORT("1") STANDBY(MAC) VF(MAC, NO_ROM AT("0x00"))),
	  1, "not in a root port" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC) VF(MAC, NO_ROM
		 "<address type='pci' bus='0x05' slot='0x00' function='0x0' "
		 "multifunction='on'/>")), 1, "shares its slot" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC) VF(OTHER, NO_ROM
		 "<teaming type='transient' persistent='ua-s'/>" AT("0x05"))),
	  2, "differ in their MAC" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC) VF(MAC, NO_ROM
		 "<teaming type='transient' persistent='ua-s'/>" AT("0x05"))),
	  1, "never end" },
	{ domain("", PORT("1") PORT("5") STANDBY(MAC) VF(MAC, NO_ROM
		 "<teaming type='transient' persistent='ua-x'/>" AT("0x05"))),
	  2, "no device is called" },
	{ domain("", PORT("5") VF(MAC, NO_ROM
		 "<teaming type='transient' persistent='ua-v'/>" AT("0x05"))),
	  2, "which is no standby" },
	{ domain("", PORT("5") VF(MAC, NO_ROM
		 "<teaming type='transient'/>" AT("0x05"))),
	  2, "does not say whose" },
	{ domain("", "<hostdev><teaming type='transient' persistent='b'/>"
		 NO_ROM "</hostdev>"), 2, "hostdev (no MAC) names 'b'" },
	{ domain("", "<interface type='bridge'><mac address='" MAC "'/>"
		 "<model type='e1000e'/><teaming type='persistent'/>"
		 "</interface>"), 1, "no virtio device" },
	{ domain("", "<interface type='bridge'><mac address='" MAC "'/>"
		 "<model type='virtio'/><alias name='backup0'/>"
		 "<teaming type='persistent'/></interface>"),
	  1, "forgets this alias" },
	{ domain("", "<interface type='bridge'><mac address='" MAC "'/>"
		 "<model type='virtio'/></interface>" VF(MAC, NO_ROM)),
	  1, "two separate interfaces" },
	{ domain(declared("1", WISH("5")), PORT("5")), 1, "lost its standby" },
	{ domain(declared("1", WISH("1")), PORT("1") STANDBY(MAC)),
	  1, "all root ports are taken" },
	{ domain(declared("1", WISH("1")), PORT("1") PORT("5") STANDBY(MAC)),
	  1, "bus 1, is taken" },
	{ domain(declared("1", WISH("9")), PORT("1") PORT("5") STANDBY(MAC)),
	  1, "bus 9, is not there" },
};

static void test_check(void **state)
{
	struct domain domain;
	int count;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lint); i++) {
		problems[0] = '\0';
		assert_int_equal(domain_read(&domain, lint[i].xml), 0);
		count = check_domain(&domain, note_problem, NULL);
		domain_free(&domain);
		if (count != lint[i].count || !strstr(problems, lint[i].words))
			fail_msg("row %zu: %d of '%s':\n%s", i, count,
				 lint[i].words, problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_mac, setup),
		cmocka_unit_test_setup(test_domain, setup),
		cmocka_unit_test_setup(test_bad_domains, setup),
		cmocka_unit_test_setup(test_element_of_somebody_else, setup),
		cmocka_unit_test_setup(test_wishes, setup),
		cmocka_unit_test_setup(test_boot, setup),
		cmocka_unit_test_setup(test_step, setup),
		cmocka_unit_test_setup(test_event, setup),
		cmocka_unit_test_setup(test_too_many_wishes, setup),
		cmocka_unit_test_setup(test_network, setup),
		cmocka_unit_test_setup(test_other_networks, setup),
		cmocka_unit_test_setup(test_devices, setup),
		cmocka_unit_test_setup(test_check, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

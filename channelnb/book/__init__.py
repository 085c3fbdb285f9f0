"""From a vendor's exports to contract tables: exact, checked, rewound to a date."""

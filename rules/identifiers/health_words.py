"""Words of care, conditions and medicines, as RE2 patterns. Data only.

Every blank may be a line end. Words that name other things as well (cold, stroke, shot, depression of a road) stand
only in phrases.
"""

# Somebody receives care: what ties a condition to a person.
CARE = (
    r"\bdiagnos(?:is|ed|es)\b",
    r"\b(?:dx|hx|rx|tx)\s?:",
    r"\b(?:the|our|this|a|her|his)\s+patient\b",
    r"\bpatient(?:\s+(?:name|id|no|number|dob|is|was|has|had|presents)\b|\s?:)",
    r"\bM\.?R\.?N\.?(?:\s?[:#]|\s+\d)",
    r"\bmedical record\b",
    r"\b(?:was|been|is|being|get|got)\s+(?:admitted|discharged|hospitali[sz]ed|prescribed|operated\s+on)\b",
    r"\bprescri(?:bed|ption)\b",
    r"\b(?:underwent|undergo(?:ing)?|recover(?:ing|s|ed)?\s+from|scheduled\s+for)\b",
    r"\b(?:had|having|needs?|scheduled\s+for)\s+(?:[\w'-]{1,10}\s+){0,2}(?:surgery|operation|biopsy|transplant)\b",
    r"\brecover(?:ing|y)\s+(?:at\s+home|from|well)\b",
    r"\btest(?:ed|s)?\s+positive\b",
    r"\bsuffer(?:s|ed|ing)?\s+(?:from|a|an)\b",
    r"\b(?:treated|treatment|therapy|medication|meds|pills)\s+for\b",
    r"\bin\s+(?:the\s+)?(?:hospital|intensive\s+care|icu|rehab|hospice)\b",
    r"\b(?:medical|sick|fmla|disability|maternity)\s+leave\b",
    r"\b(?:workers'?\s+comp(?:ensation)?|doctor's\s+note|work\s+restrictions?|fit(?:ness)?\s+for\s+duty)\b",
    r"\b(?:lab|test|biopsy|mri|ct|x-ray|blood)\s+(?:results?|scan|work)\b",
    r"\b(?:has|had|contracted|battl(?:es|ed|ing)|fighting|living\s+with)\s+(?:[\w'-]{1,12}\s+){0,3}"
    r"(?:hiv|aids|cancer|leuka?emia|lymphoma|diabetes|hepatitis(?:\s[abc])?|tuberculosis|epilepsy|dementia|alzheimer'?s"
    r"|lupus|ptsd|schizophrenia)(?:[.,;:!?)]|\s+(?:and|since|so|but|again|now)\b|\s*$)",
    r"\b(?:starts?|started|starting|begins?|began|undergoes|receiv(?:es|ed|ing)|gets?|getting|finish(?:es|ed)|needs?)"
    r"\s+(?:(?:her|his|their|your)\s+)?(?:chemo(?:therapy)?|radiation\s+therapy|dialysis)\b",
    r"\b(?:sees?|seeing|saw|with|to|her|his|their)\s+(?:(?:an?|the|her|his|their)\s+)?(?:oncologist|psychiatrist)\b",
    r"\bicd\s?-?(?:9|10)\b",
    r"\b(?:takes|taking|stopped|started)\s+(?:her|his|my|their)\s+(?:meds|medication|medicine|insulin|pills)\b",
)

# What announces a code of a diagnosis.
CODED = (r"\b(?:icd|dx|diagnos[ie]s)\b", r"\bicd-?10")

CONDITIONS = (
    r"\b(?:oncologist|psychiatrist)\b",
    r"\b(?:breast|lung|colon|prostate|skin|pancreatic|ovarian|cervical|thyroid|brain|liver|stage)\s+(?:cancer|tumou?r|[1-4iv]+\b)",
    r"\b(?:cancer|carcinoma|leuk(?:a)?emia|lymphoma|melanoma|metasta\w+|tumou?r|chemo(?:therapy)?|radiation\s+therapy)\b",
    r"\b(?:diabet(?:es|ic)|hypertension|high\s+blood\s+pressure|hypoglyc(?:a)?emia|insulin[- ]dependent)\b",
    r"\b(?:hiv|aids\s+patient|hepatitis|tuberculosis|herpes|syphilis|gonorrh(?:o)?ea|chlamydia|mrsa)\b",
    r"\b(?:heart\s+(?:attack|failure|disease|surgery)|cardiac\s+arrest|angina|arrhythmia|bypass\s+surgery|pacemaker)\b",
    r"\b(?:had\s+a\s+stroke|stroke\s+patient|seizures?|epilep\w+|aneurysm|concussion|dementia|alzheimer\W?s?|parkinson\W?s)\b",
    r"\b(?:major\s+depress\w+|clinical\s+depress\w+|depressive|bipolar|schizophren\w+|ptsd|anxiety\s+disorder|panic\s+attacks?)\b",
    r"\b(?:adhd|autis\w+|down(?:'s|s)?\s+syndrome|ocd|anorexi\w+|bulimi\w+|suicid(?:al|e\s+attempt))\b",
    r"\b(?:substance\s+(?:abuse|use\s+disorder)|alcoholism|opioid\s+(?:addiction|use)|methadone|detox|overdos\w+)\b",
    r"\b(?:pneumonia|asthma|copd|emphysema|bronchitis|sleep\s+apnea|pulmonary\s+\w+|cystic\s+fibrosis)\b",
    r"\b(?:multiple\s+sclerosis|lupus|arthritis|fibromyalgia|crohn\W?s|ulcerative\s+colitis|celiac)\b",
    r"\b(?:herniated\s+dis[ck]|rotator\s+cuff|torn\s+(?:acl|meniscus|ligament)|fractur\w+|broken\s+(?:arm|leg|hip|wrist|ankle))\b",
    r"\b(?:knee|hip|back|spinal|shoulder|heart|brain|open-heart)\s+(?:surgery|replacement|operation|fusion)\b",
    r"\b(?:miscarriage|pregnan\w+|c-section|hysterectomy|mastectomy|appendectomy|vasectomy|biopsy|dialysis|transplant)\b",
    r"\b(?:kidney|renal|liver)\s+(?:failure|disease|stones?)\b",
    r"\b(?:covid(?:-19)?|sepsis|blood\s+clots?|an(?:a)?emia|glaucoma|migraines?)\b",
)

MEDICINES = (
    r"\b(?:insulin|metformin|lisinopril|atorvastatin|levothyroxine|amlodipine|metoprolol|losartan|warfarin|eliquis|plavix)\b",
    r"\b(?:oxycodone|oxycontin|hydrocodone|vicodin|percocet|tramadol|fentanyl|morphine|suboxone|naloxone|gabapentin)\b",
    r"\b(?:sertraline|zoloft|prozac|fluoxetine|lexapro|escitalopram|wellbutrin|bupropion|cymbalta|trazodone|lithium\s+carbonate)\b",
    r"\b(?:xanax|alprazolam|ativan|lorazepam|valium|diazepam|klonopin|ambien|zolpidem|adderall|ritalin|seroquel|risperdal)\b",
    r"\b(?:prednisone|albuterol|humira|enbrel|methotrexate|tamoxifen|ozempic|truvada|dilantin|keppra|synthroid)\b",
)

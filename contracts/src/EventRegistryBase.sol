// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EventRecords, MachineEvent} from "./EventRecords.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";

/// @title What both versions of the event registry share: who may submit what, and where it is kept.
/// @dev Source: published ABI of EventRegistry; order of checks as in the published rule table.
abstract contract EventRegistryBase is
    OwnableUpgradeable,
    PausableUpgradeable,
    ReentrancyGuardTransient,
    UUPSUpgradeable
{
    /// @custom:storage-location erc7201:peaqos.storage.EventRegistry
    struct EventStorage {
        IIdentityRegistry registry;
        IIdentityStaking staking;
        uint256 totalEvents;
        mapping(uint256 machineId => uint256) counts;
    }

    // keccak256(abi.encode(uint256(keccak256("peaqos.storage.EventRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0x6a116612cca76cfd51c56ad8df71df5ac588245129c4674a40d88534aacdd900;

    /// @notice Most bytes of metadata an event may carry. Source: published name; 4,096 is documented.
    uint256 public constant MAX_METADATA_SIZE = 4096;

    /// @notice Most events one `getEvents` answers. Source: published name; readers page 100 at a time.
    uint256 public constant MAX_QUERY_LIMIT = 100;

    /// @dev Status 4 of the registry. Source: published client.
    uint8 private constant DEACTIVATED = 4;

    uint8 internal constant REVENUE = 0;
    uint8 internal constant ACTIVITY = 1;
    uint8 private constant MAX_TRUST_LEVEL = 2;

    event IdentityRegistrySet(address indexed registry);
    event IdentityStakingSet(address indexed staking);

    error FutureTimestamp();
    error InvalidAddress();
    error InvalidEventType();
    error InvalidTrustLevel();
    error MachineDeactivated();
    error MachineNotBonded();
    error MachineNotFound();
    error MetadataTooLarge();
    error NotAuthorizedSubmitter();
    error OffsetOutOfBounds();

    /// @notice Sets registry, staking contract and owner. Source: published ABI.
    function initialize(address _identityRegistry, address _identityStaking, address _owner) external initializer {
        __Ownable_init(_owner);
        __Pausable_init();
        _setRegistry(_identityRegistry);
        _setStaking(_identityStaking);
    }

    /// @notice Sets the registry that knows the machines. Owner only. Source: published ABI.
    function setIdentityRegistry(address _registry) external onlyOwner {
        _setRegistry(_registry);
    }

    /// @notice Sets the contract that knows the bonds. Owner only. Source: published ABI.
    function setIdentityStaking(address _staking) external onlyOwner {
        _setStaking(_staking);
    }

    /// @notice Stops submissions; reading goes on. Owner only. Source: published ABI.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Allows submissions again. Owner only. Source: published ABI.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice The registry that knows the machines. Source: published ABI.
    function identityRegistryAddress() external view returns (address) {
        return address(_storage().registry);
    }

    /// @notice The contract that knows the bonds. Source: published ABI.
    function identityStakingAddress() external view returns (address) {
        return address(_storage().staking);
    }

    /// @notice Number of events of a machine. Source: published ABI.
    function getEventCount(uint256 machineId) external view returns (uint256) {
        return _storage().counts[machineId];
    }

    /// @notice Number of events of all machines. Source: published ABI.
    function totalEventCount() external view returns (uint256) {
        return _storage().totalEvents;
    }

    /// @notice Where the record of an event lies (or will lie) as code. Source: ours.
    function recordAddress(uint256 machineId, uint256 index) external view returns (address) {
        return EventRecords.addressOf(address(this), machineId, index);
    }

    /// @notice Raw bytes of the record being written, for the record contract under construction; reverts at any
    ///         other time. Source: ours.
    function pendingRecord() external view {
        EventRecords.returnPending();
    }

    /// @dev Checks an event, counts it and keeps it. Checks in the order of the published rule table.
    function _submit(MachineEvent memory event_) internal whenNotPaused nonReentrant returns (uint256 index) {
        EventStorage storage $ = _storage();
        _requireMayReport($, event_.machineId);
        require(event_.timestamp <= block.timestamp, FutureTimestamp());
        require(event_.eventType <= ACTIVITY, InvalidEventType());
        require(event_.trustLevel <= MAX_TRUST_LEVEL, InvalidTrustLevel());
        _requireCurrency(event_);
        require(event_.metadata.length <= MAX_METADATA_SIZE, MetadataTooLarge());
        index = $.counts[event_.machineId]++;
        ++$.totalEvents;
        _emitSubmitted(event_, index);
        EventRecords.write(event_, index);
    }

    function _requireMayReport(EventStorage storage $, uint256 machineId) private view {
        IIdentityRegistry registry = $.registry;
        (address machine,, bool exists, uint8 status) = registry.getVerificationInfo(machineId);
        require(exists, MachineNotFound());
        require($.staking.isStaked(machineId), MachineNotBonded());
        require(status != DEACTIVATED, MachineDeactivated());
        if (msg.sender != machine) {
            require(registry.isAuthorizedOrOwner(msg.sender, machineId), NotAuthorizedSubmitter());
        }
    }

    /// @dev The rule for the event's currency text, which differs between versions.
    function _requireCurrency(MachineEvent memory event_) internal pure virtual;

    /// @dev The log of a submission, which differs between versions.
    function _emitSubmitted(MachineEvent memory event_, uint256 index) internal virtual;

    /// @dev One event; its index must be below the machine's count.
    function _eventAt(uint256 machineId, uint256 index) internal view returns (MachineEvent memory) {
        require(index < _storage().counts[machineId], OffsetOutOfBounds());
        return EventRecords.read(machineId, index);
    }

    /// @dev End of a page: the limit is clamped to MAX_QUERY_LIMIT; an offset at the end gives an empty page, one
    ///      beyond it is an error.
    function _pageEnd(uint256 machineId, uint256 offset, uint256 limit) internal view returns (uint256) {
        uint256 count = _storage().counts[machineId];
        require(offset <= count, OffsetOutOfBounds());
        return offset + Math.min(count - offset, Math.min(limit, MAX_QUERY_LIMIT));
    }

    function _setRegistry(address registry) private {
        require(registry != address(0), InvalidAddress());
        _storage().registry = IIdentityRegistry(registry);
        emit IdentityRegistrySet(registry);
    }

    function _setStaking(address staking) private {
        require(staking != address(0), InvalidAddress());
        _storage().staking = IIdentityStaking(staking);
        emit IdentityStakingSet(staking);
    }

    /// @dev Upgrades are the owner's. Source: UUPS.
    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _storage() private pure returns (EventStorage storage $) {
        assembly {
            $.slot := STORAGE
        }
    }
}
